//! The benchmarks: what Holdfast does, each beside the physical limit of the same machine in the same run.
//!
//! `cargo xtask bench` runs all of them; names choose some. Nothing here asserts a time: figures are printed, as ratios
//! where they have a limit to stand beside, and judged by people. `docs/performance.md` says what is measured and why.
//!
//! | name | what | beside |
//! |---|---|---|
//! | `creates` | one place per request over HTTP | `pgbench` inserting the same row |
//! | `batches` | 100 and 500 places per request | one statement inserting as many rows |
//! | `pull` | a device takes in 100,000 places | `COPY` of the same rows, and bare SQLite inserts |
//! | `capture` | a capture on a device | a bare durable SQLite insert |
//! | `drain` | a device sends a backlog | the same rows inserted in as many statements |
//! | `memory` | what the server holds | |
//! | `pages` | pages of the web platform | the bare query for the list's rows |

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people: three digits of them are read"
)]

mod accounts;
mod batches;
mod capture;
mod creates;
mod drain;
mod http;
mod load;
mod machine;
mod memory;
mod pages;
mod pgbench;
mod places;
mod pull;
mod raw;
mod report;
mod server;
mod sqlite;
mod stage;
mod statements;
mod stats;
mod usage;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};

use crate::report::Report;

/// Holdfast's benchmarks.
#[derive(Parser)]
#[command(name = "bench")]
struct Args {
    /// Which ones; all if none is named.
    #[arg(value_enum)]
    names: Vec<Name>,
    /// Shorter and rougher.
    #[arg(long)]
    quick: bool,
    /// Also write every figure to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where databases and devices are put; must be on a disk like the one that matters. Default: beside the binary.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// A further setting of PostgreSQL, to see what it changes. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    postgres: Vec<(String, String)>,
    /// A further setting of the server, to see what it changes. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    server: Vec<(String, String)>,
    /// Syncs the device in this home folder, prints what it took, and ends. The benchmark `pull` runs itself with it.
    #[arg(long, hide = true, value_name = "HOME")]
    sync_device: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Name {
    Creates,
    Batches,
    Pull,
    Capture,
    Drain,
    Memory,
    Pages,
}

/// What every benchmark is told.
pub(crate) struct Plan {
    /// Shorter and rougher.
    pub(crate) quick: bool,
    /// Where everything is put.
    pub(crate) folder: PathBuf,
    /// Further settings of PostgreSQL.
    pub(crate) postgres: Vec<(String, String)>,
    /// Further settings of the server.
    pub(crate) server: Vec<(String, String)>,
}

impl Plan {
    /// One of two sizes.
    pub(crate) fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(home) = &args.sync_device {
        return runtime.block_on(pull::sync_device(home));
    }
    server::build()?;
    let folder = args.folder.map_or_else(machine::default_folder, Ok)?;
    let plan = Plan { quick: args.quick, folder, postgres: args.postgres, server: args.server };
    let report = runtime.block_on(run(&args.names, &plan))?;
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&report.json())?;
        std::fs::write(path, text + "\n").with_context(|| format!("could not write {}", path.display()))?;
    }
    Ok(())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

async fn run(names: &[Name], plan: &Plan) -> Result<Report> {
    let mut report = Report::new(machine::describe(plan)?);
    for name in Name::value_variants() {
        if !names.is_empty() && !names.contains(name) {
            continue;
        }
        let label = name.to_possible_value().map(|v| v.get_name().to_owned()).unwrap_or_default();
        let sections = match name {
            Name::Creates => creates::run(plan).await,
            Name::Batches => batches::run(plan).await,
            Name::Pull => pull::run(plan).await,
            Name::Capture => capture::run(plan),
            Name::Drain => drain::run(plan).await,
            Name::Memory => memory::run(plan).await,
            Name::Pages => pages::run(plan).await,
        };
        for section in sections.with_context(|| format!("benchmark `{label}`"))? {
            report.add(section);
        }
    }
    Ok(report)
}
