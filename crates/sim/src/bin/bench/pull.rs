//! A device takes in 100,000 places, beside reading the same rows with `COPY` and beside bare inserts into SQLite.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use futures::TryStreamExt as _;
use holdfast_host::sign_in::{Proof, sign_in};
use holdfast_host::{Engine, Home, ServerUrl};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::postgres::PgPoolCopyExt as _;

use crate::report::Section;
use crate::sqlite::Bare;
use crate::stage::Stage;
use crate::stats::{figure, median, times};
use crate::usage::Spent;
use crate::{Plan, accounts, load, usage};

/// What a device says about its pull.
#[derive(Debug, Serialize, Deserialize)]
struct Pulled {
    places: u64,
    seconds: f64,
    cpu_seconds: f64,
    resident_before: f64,
    resident_peak: f64,
    list_millis: f64,
}

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Section>> {
    let places = plan.size(100_000, 20_000);
    let rounds = plan.size(3, 1);
    let mut stage = Stage::start(plan).await?;
    let code = stage.code().await?;
    let account = accounts::pair(&stage.server.address, code).await?;
    load::batches(&stage.server.address, &[account.clone(), account.clone()], places / 500, 500).await?;
    stage.settle().await?;
    sqlx::raw_sql("VACUUM ANALYZE").execute(&stage.pool).await?;

    let (mut pulls, mut copies, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    let (mut server, mut database) = (0.0, 0.0);
    let mut bytes = 0;
    for round in 0..rounds {
        let home = stage.folder.path().join(format!("device-{round}"));
        let code = pairing_code(&stage, &account).await?;
        let server_url = ServerUrl::parse(&format!("http://{}", stage.server.address))?;
        sign_in(&Home::open(&home)?, &server_url, "bench", Proof::Code(code)).await?;

        let spent = stage.spent();
        let pulled = tokio::task::block_in_place(|| sync_in_a_process(&home))?;
        let spent: Spent = stage.spent().since(spent);
        ensure!(pulled.places == places as u64, "the device holds {} of {places} places", pulled.places);
        server += spent.server;
        database += spent.database;
        pulls.push(pulled);

        let begun = Instant::now();
        bytes = copy(&stage).await?;
        copies.push(begun.elapsed().as_secs_f64());

        let database = Bare::create(&home.join("bare.db"))?;
        let begun = Instant::now();
        tokio::task::block_in_place(|| database.insert_many(places, 1000))?;
        bare.push(begun.elapsed().as_secs_f64());
    }
    let of = |what: fn(&Pulled) -> f64| median(&pulls.iter().map(what).collect::<Vec<_>>());
    let seconds = of(|p| p.seconds);
    let (copy, bare) = (median(&copies), median(&bare));
    let growth = of(|p| p.resident_peak - p.resident_before);
    let each = |total: f64| total / f64::from(rounds);

    let mut section = Section::new(
        "pull",
        format!("A new device pulls {places} places into its database"),
        &["", "seconds", "× COPY", "× COPY + bare SQLite"],
    );
    section.line(
        ["pulled and stored".to_owned(), figure(seconds), times(seconds / copy), times(seconds / (copy + bare))],
        json!({
            "places": places, "seconds": seconds, "timesCopy": seconds / copy, "timesCopyAndBareSqlite": seconds / (copy + bare),
            "copySeconds": copy, "copyBytes": bytes, "bareSqliteSeconds": bare,
            "deviceResidentBeforeMb": of(|p| p.resident_before), "deviceResidentPeakMb": of(|p| p.resident_peak),
            "deviceGrowthMb": growth, "deviceCpuSeconds": of(|p| p.cpu_seconds),
            "serverCpuSeconds": each(server), "databaseCpuSeconds": each(database),
            "firstPageOfListMs": of(|p| p.list_millis), "serverResidentMb": usage::resident(stage.server.pid()),
        }),
    );
    section.line(
        ["COPY places TO STDOUT".to_owned(), figure(copy), times(1.0), times(copy / (copy + bare))],
        json!({ "case": "copy", "seconds": copy }),
    );
    section.line(
        [
            "bare SQLite inserts, commits of 1,000".to_owned(),
            figure(bare),
            times(bare / copy),
            times(bare / (copy + bare)),
        ],
        json!({ "case": "bareSqlite", "seconds": bare }),
    );
    section.note(format!(
        "Device memory: {} MB resident at its peak, {} MB more than before the pull.",
        figure(of(|p| p.resident_peak)),
        figure(growth)
    ));
    section.note(format!(
        "Processor seconds: device {}, server {}, PostgreSQL {}. The first page of the list afterwards: {} ms.",
        figure(of(|p| p.cpu_seconds)),
        figure(each(server)),
        figure(each(database)),
        figure(of(|p| p.list_millis)),
    ));
    section.note(format!(
        "Medians of {rounds}. The device is a process of its own with the native host; COPY reads {} MB over the socket and drops them.",
        figure(bytes as f64 / 1e6)
    ));
    stage.end().await?;
    Ok(vec![section])
}

/// A code with which another device of the same account is paired.
async fn pairing_code(stage: &Stage, account: &accounts::Account) -> Result<String> {
    let server = ServerUrl::parse(&format!("http://{}", stage.server.address))?;
    let token = holdfast_host::Token::new(account.token.clone());
    let client = holdfast_host::Client::new(server)?.signed_in(token, account.id);
    Ok(client.create_pairing_code().await?.code)
}

async fn copy(stage: &Stage) -> Result<usize> {
    let mut stream = stage.pool.copy_out_raw("COPY places TO STDOUT").await?;
    let mut bytes = 0;
    while let Some(chunk) = stream.try_next().await? {
        bytes += chunk.len();
    }
    Ok(bytes)
}

fn sync_in_a_process(home: &Path) -> Result<Pulled> {
    let output = Command::new(std::env::current_exe()?).arg("--sync-device").arg(home).output()?;
    if !output.status.success() {
        bail!("the device failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("the device's figures")
}

/// The device's side: syncs once and prints what it took as JSON.
pub(crate) async fn sync_device(home: &Path) -> Result<()> {
    let home = Home::open(home)?;
    let config = home.config()?;
    let account = config.current().context("this home folder has no account")?;
    let engine = Engine::open(&home, account)?;
    let resident_before = usage::resident(std::process::id());
    let begun = Instant::now();
    let report = engine.sync_once(|_| {}).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let resident_peak = usage::my_peak();
    let cpu_seconds = usage::mine();
    if let Some(failure) = report.tally.failure {
        bail!("the sync failed: {failure:?}");
    }
    let begun = Instant::now();
    engine.with(|device| device.list(&holdfast_device::ListQuery::default())).await?;
    let list_millis = begun.elapsed().as_secs_f64() * 1000.0;
    let pulled = Pulled {
        places: report.status.places.synced,
        seconds,
        cpu_seconds,
        resident_before,
        resident_peak,
        list_millis,
    };
    println!("{}", serde_json::to_string(&pulled)?);
    Ok(())
}
