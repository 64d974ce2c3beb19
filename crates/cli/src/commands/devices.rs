//! `devices`.

use holdfast_contract::account::Device;
use holdfast_host::{Client, now, sign_in};
use serde_json::json;

use super::Outcome;
use crate::args::{Devices, DevicesCommand};
use crate::context::{Context, block_on};
use crate::exit::{Exit, Failure};
use crate::output::{BOLD, DIM};
use crate::place::suggestions;
use crate::words;

pub(super) fn devices(context: &Context, args: Devices) -> Outcome {
    let account = context.signed_in("the list of devices")?;
    let client = sign_in::client(&context.home, &account)?;
    match args.command.unwrap_or(DevicesCommand::List) {
        DevicesCommand::List => list(context, &client),
        DevicesCommand::Revoke { device } => revoke(context, &client, &device),
    }
}

fn list(context: &Context, client: &Client) -> Outcome {
    let devices = block_on(async { Ok(client.devices().await?) })?;
    context.output.json(&json!({ "devices": devices }))?;
    for device in &devices {
        let this = if device.current { " (this one)" } else { "" };
        let synced = device
            .last_sync_at
            .map_or_else(|| "never synced".to_owned(), |t| format!("synced {}", words::ago(t, now())));
        let pending = device
            .pending
            .filter(|p| *p > 0)
            .map(|p| format!(", {} waiting there", words::count(p.unsigned_abs(), "change", "changes")))
            .unwrap_or_default();
        context.output.show(format!(
            "{BOLD}{}{BOLD:#}{this}  {}, {synced}{pending}\n  {DIM}{}{DIM:#}",
            words::one_line(&device.name),
            if device.browser { "browser".into() } else { words::one_line(&device.platform) },
            device.id,
        ))?;
    }
    Ok(Exit::Done)
}

fn revoke(context: &Context, client: &Client, reference: &str) -> Outcome {
    let device = block_on(async {
        let devices = client.devices().await?;
        let device = find(&devices, reference)?;
        client.revoke_device(device.id).await?;
        Ok(device.clone())
    })?;
    context.output.json(&json!({ "revoked": device }))?;
    context.output.say(format!("{} has no access any more.", words::one_line(&device.name)))?;
    context.output.hint("What it has not sent stays on it; its copies stay too until it is wiped.");
    if device.current {
        context.output.warn("That was this device. Sign in again with: holdfast pair <server address>");
    }
    Ok(Exit::Done)
}

fn find<'d>(devices: &'d [Device], reference: &str) -> Result<&'d Device, Failure> {
    let reference = reference.trim();
    let by_id = |d: &&Device| reference.len() >= 4 && d.id.to_string().starts_with(&reference.to_lowercase());
    let mut found: Vec<&Device> = devices.iter().filter(by_id).collect();
    if found.is_empty() {
        found = devices.iter().filter(|d| d.name == reference).collect();
    }
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let failure = Failure::new(
                Exit::NotFound,
                "not_found",
                format!("The account has no device \"{}\".", words::one_line(reference)),
            );
            let similar = suggestions(reference, devices.iter().map(|d| d.name.as_str()));
            Err(match similar.first() {
                Some(name) => failure.hint(format!("Did you mean \"{}\"?", words::one_line(name))),
                None => failure.hint("`holdfast devices` lists them."),
            })
        }
        several => {
            let lines: Vec<String> =
                several.iter().map(|d| format!("{}  {}", d.id, words::one_line(&d.name))).collect();
            Err(Failure::new(
                Exit::NotFound,
                "ambiguous",
                format!("\"{}\" could be {} devices.", words::one_line(reference), several.len()),
            )
            .hint(format!("Name one of them by its id:\n{}", lines.join("\n"))))
        }
    }
}
