//! `pair`, `sign-out` and `adopt`: the ways in and out of an account.

use holdfast_contract::account::{Email, check_password};
use holdfast_contract::{Code, Timestamp, limits};
use holdfast_host::sign_in::{self, Proof};
use holdfast_host::{AccountEntry, Client, Error as HostError, PairingLink, ServerUrl, SetupLink, machine_name, now};
use serde_json::{Value, json};

use super::Outcome;
use crate::args::{Pair, SignOut};
use crate::context::{Context, block_on};
use crate::exit::{Exit, Failure};
use crate::output::{BOLD, Output};
use crate::words;

pub(super) fn pair(context: &Context, mut args: Pair) -> Outcome {
    let Some(target) = args.target.clone().filter(|_| !args.new_code) else { return new_code(context) };
    let (server, setup_code) = match (SetupLink::parse(&target), PairingLink::parse(&target)) {
        (Some(link), _) => (link.server, Some(link.code)),
        (None, Some(link)) => {
            args.code.get_or_insert(link.code);
            (link.server, None)
        }
        (None, None) => (ServerUrl::parse(&target).map_err(HostError::from)?, None),
    };
    let before = context.account()?;
    if let Some(account) = &before
        && account.server != server
    {
        return Err(Failure::usage(format!("This device is signed in already, as {} on {}.", email(account), account.server))
            .hint("Sign out first, with `holdfast sign-out`: what is unsent is kept for that account.\nOr use another home folder: holdfast --home DIR pair …"));
    }
    if server.is_plain() && !server.is_local() {
        context.output.warn(format!("The connection to {server} is not encrypted: others on the network can read it."));
    }
    let proof = proof(context.output, &args, setup_code)?;
    let device_name = device_name(args.device_name.as_deref())?;
    let old_token = before.as_ref().and_then(|a| context.home.token(a).ok().flatten());

    let entry = block_on(async {
        let entry = match sign_in::sign_in(&context.home, &server, &device_name, proof).await {
            Err(HostError::Problem(problem)) if problem.code == Code::InvalidCredentials => {
                return Err(explain_credentials(&server, HostError::Problem(problem)).await);
            }
            other => other?,
        };
        // Signed in once more to the same account: the sign-in before is of no use to anybody any more.
        if let (Some(old), Some(token)) = (&before, old_token)
            && old.key() == entry.key()
        {
            let _ = Client::new(server.clone())?.signed_in(token, old.account).sign_out().await;
        }
        Ok(entry)
    })?;

    let output = context.output;
    output.say(format!("Signed in as {BOLD}{}{BOLD:#} on {}.", email(&entry), entry.server))?;
    if let Some(old) = before.filter(|old| old.key() != entry.key()) {
        output.warn(format!(
            "What this device has for {} is kept, and is found again at a sign-in to that account.",
            email(&old)
        ));
    }
    let anonymous = settle_anonymous(context, &entry, &args)?;
    output.json(&json!({ "signedIn": account_json(&entry), "anonymous": anonymous }))?;
    output.hint("To send and fetch now: holdfast sync");
    Ok(Exit::Done)
}

/// Wrong e-mail or password; or a server that has no account at all.
async fn explain_credentials(server: &ServerUrl, error: HostError) -> Failure {
    let needed = match Client::new(server.clone()) {
        Ok(client) => client.setup_status().await.is_ok_and(|s| s.needed),
        Err(_) => false,
    };
    if needed {
        return Failure::new(Exit::SignIn, "setup_needed", format!("The server {server} has no account yet."))
            .hint("Use the setup link that it printed when it started: holdfast pair '<link>'");
    }
    error.into()
}

fn proof(output: Output, args: &Pair, setup_code: Option<String>) -> Result<Proof, Failure> {
    if let Some(code) = args.code.clone() {
        return Ok(Proof::Code(code));
    }
    let email = match &args.email {
        Some(email) => email.clone(),
        None if output.can_ask() => output.ask("E-mail address:")?,
        None if setup_code.is_some() => {
            return Err(Failure::usage("The setup link makes the server's first account: say for whom, with --email."));
        }
        None => {
            return Err(Failure::usage(
                "Say who signs in: --email ADDRESS, or --code CODE from a device that is signed in.",
            ));
        }
    };
    let email = Email::parse(&email).map_err(|e| Failure::invalid(&[e], "Nothing was sent."))?.as_str().to_owned();
    let password = password(output, args, setup_code.is_some())?;
    match setup_code {
        Some(code) => {
            check_password(&password).map_err(|e| Failure::invalid(&[e], "Nothing was sent."))?;
            Ok(Proof::Setup { code, email, password })
        }
        None => Ok(Proof::Password { email, password }),
    }
}

fn password(output: Output, args: &Pair, new: bool) -> Result<String, Failure> {
    if args.password_stdin {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        let password = line.trim_end_matches(['\r', '\n']);
        return if password.is_empty() {
            Err(Failure::usage("There was no password on standard input."))
        } else {
            Ok(password.to_owned())
        };
    }
    if let Ok(password) = std::env::var("HOLDFAST_PASSWORD")
        && !password.is_empty()
    {
        return Ok(password);
    }
    if !output.can_ask() {
        return Err(Failure::usage("The password is missing.")
            .hint("Pass it on standard input with --password-stdin, or in HOLDFAST_PASSWORD."));
    }
    let asked = rpassword::prompt_password(if new {
        "Password for the new account (10 characters or more): "
    } else {
        "Password: "
    })?;
    if new && rpassword::prompt_password("The same again: ")? != asked {
        return Err(Failure::usage("The two passwords are not the same; nothing was sent."));
    }
    Ok(asked)
}

fn device_name(given: Option<&str>) -> Result<String, Failure> {
    match given.map(str::trim) {
        Some("") => Err(Failure::usage("The device's name is empty.")),
        Some(name) if name.chars().count() > limits::DEVICE_NAME_MAX => Err(Failure::usage(format!(
            "The device's name is {} characters long; at most {} are allowed.",
            name.chars().count(),
            limits::DEVICE_NAME_MAX
        ))),
        Some(name) => Ok(name.to_owned()),
        None => Ok(machine_name().chars().take(limits::DEVICE_NAME_MAX).collect()),
    }
}

/// Places saved without an account: taken in, left, or left undecided; never decided silently.
fn settle_anonymous(context: &Context, entry: &AccountEntry, args: &Pair) -> Result<Value, Failure> {
    let output = context.output;
    let places = context.home.anonymous_places()?;
    if places == 0 {
        return Ok(json!({ "places": 0, "decision": "none" }));
    }
    let count = words::count(places, "place that was", "places that were");
    let decision = if args.adopt {
        Some(true)
    } else if args.keep_separate {
        Some(false)
    } else if context.home.config()?.is_kept_separate(entry) {
        return Ok(json!({ "places": places, "decision": "keptSeparate" }));
    } else if output.can_ask() {
        Some(output.confirm(&format!("This device has {count} saved without an account. Take them into this one?"))?)
    } else {
        None
    };
    match decision {
        Some(true) => {
            let adopted = sign_in::adopt(&context.home, entry)?;
            output.say(format!(
                "{} now in this account.",
                words::count(adopted.copied + adopted.known, "place is", "places are")
            ))?;
            Ok(json!({ "places": places, "decision": "adopted", "adopted": adopted.copied, "known": adopted.known }))
        }
        Some(false) => {
            context.home.keep_separate(entry)?;
            output.say(format!(
                "The {count} saved without an account {} after `holdfast sign-out`.",
                if places == 1 { "stays apart; it shows" } else { "stay apart; they show" }
            ))?;
            output.hint("To take them in later: holdfast adopt");
            Ok(json!({ "places": places, "decision": "keptSeparate" }))
        }
        None => {
            output.warn(format!(
                "This device has {count} saved without an account. It was left undecided what becomes of them."
            ));
            output.hint("To take them into this account: holdfast adopt");
            Ok(json!({ "places": places, "decision": "undecided" }))
        }
    }
}

fn new_code(context: &Context) -> Outcome {
    let account = context.signed_in("making a pairing code")?;
    let code = block_on(async { Ok(sign_in::client(&context.home, &account)?.create_pairing_code().await?) })?;
    let command = format!("holdfast pair {} --code {}", account.server, code.code);
    context.output.json(&json!({
        "code": code.code, "expiresAt": code.expires_at, "server": account.server, "command": command,
    }))?;
    let shown = words::one_line(&code.code);
    context.output.show(format!("The code is {BOLD}{shown}{BOLD:#}. On the other device:"))?;
    context.output.show(format!("\n  {}\n", words::one_line(&command)))?;
    context.output.hint(format!("It works once, {}.", until(code.expires_at)));
    if account.server.is_local() {
        context.output.hint(
            "That address only works on this machine; from another one, use the address it reaches the server by.",
        );
    }
    Ok(Exit::Done)
}

fn until(time: Timestamp) -> String {
    let minutes = (time.micros_since(now()) / 60_000_000).max(1);
    format!("for about {}", words::count(minutes.unsigned_abs(), "minute", "minutes"))
}

pub(super) fn sign_out(context: &Context, args: &SignOut) -> Outcome {
    let account = context.signed_in("signing out")?;
    let status = context.store_of(Some(&account))?.status()?;
    let output = context.output;
    let without_position = status.places.waiting_for_position + status.places.needs_position;
    let unsent = status.pending + without_position;
    let kept = format!(
        "{} not been sent yet. It is kept on this device for {}, and goes on at the next sign-in to that account.",
        words::count(unsent, "change has", "changes have"),
        email(&account)
    );
    if unsent > 0 && !args.yes {
        if !output.can_ask() {
            return Err(Failure::new(Exit::Attention, "unsent_work", format!("Still signed in: {kept}"))
                .hint("Send it first with `holdfast sync`, or sign out all the same with --yes.")
                .details(json!({ "unsent": unsent })));
        }
        output.warn(&kept);
        if !output.confirm("Sign out all the same?")? {
            output.say("Still signed in.")?;
            return Ok(Exit::Done);
        }
    }
    let ended = block_on(async { Ok(sign_in::sign_out(&context.home, &account).await?) })?;
    output.json(&json!({
        "signedOut": account_json(&account), "unsent": unsent, "serverTold": ended.server_not_told.is_none(),
    }))?;
    output.say(format!("Signed out of {}.", email(&account)))?;
    if unsent > 0 && args.yes {
        output.warn(kept);
    }
    if let Some(why) = ended.server_not_told {
        output.warn(format!(
            "The server could not be told ({}); this device stays in the account's list there until it is revoked.",
            words::one_line(&why.to_string())
        ));
    }
    Ok(Exit::Done)
}

pub(super) fn adopt(context: &Context) -> Outcome {
    let account = context.signed_in("taking places into it")?;
    let places = context.home.anonymous_places()?;
    let adopted = if places == 0 { None } else { Some(sign_in::adopt(&context.home, &account)?) };
    let (copied, known) = adopted.map_or((0, 0), |a| (a.copied, a.known));
    context.output.json(&json!({ "adopted": copied, "known": known }))?;
    match copied + known {
        0 => context.output.say("There are no places that were saved without an account.")?,
        n => {
            context.output.say(format!(
                "{} now in the account of {}.",
                words::count(n, "place is", "places are"),
                email(&account)
            ))?;
            context.output.hint("To send them now: holdfast sync");
        }
    }
    Ok(Exit::Done)
}

/// The account's address as a server said it, fit for a line of a terminal.
pub(super) fn email(account: &AccountEntry) -> String {
    words::one_line(&account.email)
}

pub(super) fn account_json(account: &AccountEntry) -> Value {
    json!({
        "account": account.account, "email": account.email, "server": account.server,
        "device": account.device, "deviceName": account.device_name,
    })
}
