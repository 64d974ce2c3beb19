//! What the server process holds when it is idle, and after work.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::Plan;
use crate::load;
use crate::report::Section;
use crate::stage::Stage;
use crate::stats::figure;
use crate::usage;

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Section>> {
    let mut stage = Stage::start(plan).await?;
    let mut section = Section::new(
        "memory",
        "Memory of the server",
        &["after", "server MB resident", "PostgreSQL MB (shared pages once)"],
    );
    let rest = Duration::from_secs(plan.size(5, 2));

    tokio::time::sleep(rest).await;
    add_line(&mut section, &stage, "its start, idle");
    let accounts = stage.accounts(64).await?;
    tokio::time::sleep(rest).await;
    add_line(&mut section, &stage, "64 devices were paired");
    load::creates_for(&stage.server.address, &accounts, Duration::from_secs(plan.size(15, 3))).await?;
    add_line(&mut section, &stage, "single creates from 64 connections");
    load::batches(&stage.server.address, &accounts[..16], plan.size(200, 40), 500).await?;
    add_line(&mut section, &stage, "batches of 500 from 16 connections at once");
    tokio::time::sleep(rest).await;
    add_line(&mut section, &stage, "a rest, idle again");
    section.note("Resident includes the pages of the program itself. PostgreSQL has its default 128 MB of shared buffers and fills them with use.");
    stage.end().await?;
    Ok(vec![section])
}

fn add_line(section: &mut Section, stage: &Stage, after: &str) {
    let server = usage::resident(stage.server.pid());
    let database = usage::proportional_of_tree(stage.postgres.pid());
    section.line(
        [after.to_owned(), figure(server), figure(database)],
        json!({ "after": after, "serverResidentMb": server, "databaseMb": database }),
    );
}
