//! `cargo xtask soak`: real processes in real trouble, and a tally at the end.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Parser;
use holdfast_sim::soak::{Options, run};

/// Runs the built server and several built devices, kills and starves them at random, and counts what is left.
#[derive(Parser)]
#[command(name = "soak")]
struct Args {
    /// How long faults last, in minutes.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Decides what happens to whom [default: a random one].
    #[arg(long)]
    seed: Option<u64>,
    /// How many devices; from four on, every kind of trouble has one.
    #[arg(long, default_value_t = 4)]
    devices: usize,
    /// Leave the folder with databases and logs, and say where it is. It is left after a failure in any case.
    #[arg(long)]
    keep: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let seed = args.seed.unwrap_or_else(rand::random);
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        if let Err(why) = signal_hook::flag::register(signal, Arc::clone(&stop)) {
            eprintln!("soak: Ctrl-C can't be caught: {why}");
            return ExitCode::FAILURE;
        }
    }
    // Not in memory: what is tried here is what a disk does.
    let mut folder = match tempfile::Builder::new().prefix("holdfast-soak-").tempdir() {
        Ok(folder) => folder,
        Err(why) => {
            eprintln!("soak: no folder to work in: {why}");
            return ExitCode::FAILURE;
        }
    };
    println!("seed {seed}, {} devices, {} minutes, in {}", args.devices, args.minutes, folder.path().display());
    let duration = Duration::from_secs_f64(args.minutes.max(0.0) * 60.0);
    let tally = run(&Options { duration, seed, devices: args.devices }, folder.path(), &stop);
    if stop.load(Ordering::SeqCst) {
        eprintln!("soak: stopped as asked, nothing was compared");
        return ExitCode::from(130);
    }
    println!("{tally}");
    if args.keep || !tally.holds() {
        folder.disable_cleanup(true);
        println!("everything is left in {}", folder.path().display());
    }
    if tally.holds() {
        println!("Nothing was lost, and nothing is there twice.");
        return ExitCode::SUCCESS;
    }
    println!("again: cargo xtask soak --minutes {} --devices {} --seed {seed}", args.minutes, args.devices);
    ExitCode::FAILURE
}
