//! Everything a person or CI calls on this repository: `cargo xtask --help`.

mod architecture;
mod assets;
mod audit;
mod browser;
mod ci;
mod core_tests;
mod defects;
mod fuzz;
mod needs;
mod openapi;
mod phone;
mod prepare;
mod process;
mod run;
mod schemathesis;
mod scratch;
mod sim;
mod soak;
mod sources;
mod test;
mod wasm;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs, tests and checks Holdfast.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything and start the server, with its own embedded PostgreSQL.
    ///
    /// Ctrl-C shuts it down in order. The data stay in the data folder for the next start.
    Run {
        /// Build with optimisations.
        #[arg(long)]
        release: bool,
        /// Where the server keeps its data [default: `$HOLDFAST_DATA`, or `data` in the repository].
        #[arg(long, value_name = "FOLDER")]
        data: Option<PathBuf>,
        /// Further arguments for `holdfast-server serve`.
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Run all tests, against one PostgreSQL that is started for them.
    ///
    /// Looks for what the tests need and installs it where that is safe to do; otherwise says what to install.
    Test {
        /// Arguments for `cargo nextest run`, for example a part of a test's name. With any, doc tests are left out.
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Run the benchmarks, in release, each beside its physical limit.
    Bench {
        /// Which ones; all if none is named.
        names: Vec<String>,
    },
    /// Run the simulator: real devices and a real server in a world where everything goes wrong.
    ///
    /// `cargo xtask sim --help` shows its options; `cargo xtask sim --seeds 1000 --steps 300` runs longer than the tests do.
    #[command(disable_help_flag = true)]
    Sim {
        /// Options of the simulator.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run real processes in real trouble: `kill -9`, full disks, a bad network, damaged files, wrong clocks.
    ///
    /// `cargo xtask soak --minutes 10` ends with a tally of what was captured, confirmed and parked; its exit code says whether
    /// anything was lost or is there twice. `cargo xtask soak --help` shows its options.
    #[command(disable_help_flag = true)]
    Soak {
        /// Options of the soak.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Prove that the tests find mistakes: turn on one deliberate defect after the other, and expect a failure.
    Defects {
        /// Which ones; all if none is named.
        names: Vec<String>,
    },
    /// Hand the fuzz targets what a fuzzer thinks of; see `docs/fuzzing.md`.
    ///
    /// The tests replay what was kept of that; this looks for more.
    Fuzz {
        /// Which targets; all if none is named.
        targets: Vec<String>,
        /// How long for each.
        #[arg(long, default_value_t = 10)]
        minutes: u32,
        /// Instead, take the best of what was found into `fuzz/corpus`.
        #[arg(long)]
        minimise: bool,
    },
    /// Try the OpenAPI document against a running server: no server error, nothing undocumented.
    Schemathesis {
        /// Requests for each operation, beyond examples and bounds.
        #[arg(long, default_value_t = 20)]
        examples: u32,
        /// Repeats a run.
        #[arg(long)]
        seed: Option<u32>,
    },
    /// Regenerate `.sqlx`, with which SQL is checked at compile time without a database.
    ///
    /// To be run after every change of a query or a migration; the result is committed.
    Prepare {
        /// Change nothing; fail if what is committed differs.
        #[arg(long)]
        check: bool,
    },
    /// Regenerate `api/openapi.json` from the code.
    Openapi {
        /// Change nothing; fail if what is committed differs.
        #[arg(long)]
        check: bool,
    },
    /// Run the browser tests: the web platform in a real Chromium, over the real server, beside a real device.
    ///
    /// They are part of `test`. Pictures of every page are left in `target/screenshots`.
    Browser {
        /// Parts of a test's file or title; all if none is named. Options of Playwright, too, such as `--headed`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FILTER")]
        args: Vec<String>,
    },
    /// Build the web platform's scripts and basemap, if they are not those of the sources.
    Assets,
    /// Build the phone app as the server hands it out, if it is not that of the sources.
    Phone,
    /// Run the phone app's tests: in a real Chromium as a phone, over the real server, beside a real device and the web platform.
    ///
    /// They are part of `test`. Pictures of every screen are left in `target/screenshots/phone`.
    PhoneTests {
        /// Parts of a test's file or title; all if none is named. Options of Playwright, too, such as `--headed`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FILTER")]
        args: Vec<String>,
    },
    /// Build the device core for a browser, and the app's core around it, if they are not those of the sources.
    Wasm,
    /// Run the tests of the app's core: the device core in a real Chromium's worker, over the real server.
    CoreTests {
        /// Parts of a test's file or title; all if none is named. Options of Playwright, too.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FILTER")]
        args: Vec<String>,
    },
    /// Check that the architecture's invariants hold (the tests do, too).
    Architecture,
    /// Check the dependencies: licences, origins, and known advisories where a database of them is at hand.
    Audit,
    /// Everything that must pass before a change is merged.
    Ci,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Run { release, data, args } => run::server(release, data, &args),
        Task::Test { args } => test::run(&args),
        Task::Bench { names } => run::bench(&names),
        Task::Sim { args } => sim::run(&args),
        Task::Soak { args } => soak::run(&args),
        Task::Defects { names } => defects::run(&names),
        Task::Fuzz { targets, minutes, minimise } => fuzz::run(&targets, minutes, minimise),
        Task::Schemathesis { examples, seed } => schemathesis::run(examples, seed),
        Task::Prepare { check } => prepare::run(check),
        Task::Openapi { check } => openapi::run(check),
        Task::Browser { args } => browser::run(&args),
        Task::Assets => assets::build(),
        Task::Phone => phone::build(),
        Task::PhoneTests { args } => phone::run_tests(&args),
        Task::Wasm => wasm::build(),
        Task::CoreTests { args } => core_tests::run(&args),
        Task::Architecture => architecture::run(),
        Task::Audit => audit::run(),
        Task::Ci => ci::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            // As a shell would say it: 130 for "ended by Ctrl-C".
            ExitCode::from(if process::interrupted() { 130 } else { 1 })
        }
    }
}

/// The root of the repository.
fn root() -> &'static Path {
    // xtask is always run from the checkout it was built in.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
