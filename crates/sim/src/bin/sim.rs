//! `cargo xtask sim`: runs the simulator over many seeds, and says which one failed, how it went, and how to repeat it.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use clap::{Parser, ValueEnum};
use holdfast_contract::defect::{self, Defect};
use holdfast_sim::simulator::{Fault, Outcome, Step, Tally, plan, run, shrink};

/// Runs real devices and a real server in a world where everything goes wrong.
#[derive(Parser)]
#[command(name = "sim")]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 50)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps of each.
    #[arg(long, default_value_t = 150)]
    steps: usize,
    /// Only these faults. May be repeated; `--fault` without any other: all.
    #[arg(long, value_enum)]
    fault: Vec<Fault>,
    /// No faults at all.
    #[arg(long, conflicts_with = "fault")]
    calm: bool,
    /// How many worlds run at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// How many runs may be spent on making a failing one shorter; 0: it is not shown at all.
    #[arg(long, default_value_t = 150)]
    shrink: usize,
    /// Go on after a failure.
    #[arg(long)]
    all: bool,
    /// Turn this deliberate defect on, which the simulator is expected to find.
    #[arg(long, value_parser = defect)]
    defect: Option<Defect>,
    /// Say which deliberate defects there are, and end.
    #[arg(long)]
    defects: bool,
    /// Fail where a fault or an outcome never occurred: what never happens is not tested.
    #[arg(long)]
    thorough: bool,
}

fn defect(name: &str) -> Result<Defect, String> {
    let found = Defect::ALL.iter().copied().find(|defect| defect.name() == name);
    found.ok_or_else(|| {
        let names: Vec<_> = Defect::ALL.iter().map(|defect| defect.name()).collect();
        format!("there is no such defect; there are: {}", names.join(", "))
    })
}

struct Shared {
    next: AtomicU64,
    stop: AtomicBool,
    done: AtomicU64,
    failures: Mutex<Vec<(u64, Outcome)>>,
    tally: Mutex<Tally>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.defects {
        for defect in Defect::ALL {
            println!("{}\t{}", defect.name(), defect.story().trim());
        }
        return ExitCode::SUCCESS;
    }
    let faults: Vec<Fault> = match (&args.fault, args.calm) {
        (_, true) => Vec::new(),
        (some, _) if !some.is_empty() => some.clone(),
        _ => Fault::value_variants().to_vec(),
    };
    if let Some(defect) = args.defect {
        println!("with a deliberate defect: {}", defect.story().trim());
        assert!(defect::choose(defect), "it is chosen once");
    }
    let shared = Shared {
        next: AtomicU64::new(args.seed),
        stop: AtomicBool::new(false),
        done: AtomicU64::new(0),
        failures: Mutex::default(),
        tally: Mutex::default(),
    };
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..args.jobs.max(1) {
            scope.spawn(|| work(&args, &faults, &shared));
        }
    });
    let done = shared.done.load(Ordering::SeqCst);
    let tally = shared.tally.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{tally}");
    let seconds = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let steps = (done * args.steps as u64) as f64;
    println!("{done} seeds of {} steps in {seconds:.0} s: {:.0} steps a second", args.steps, steps / seconds);
    let mut failures = std::mem::take(&mut *shared.failures.lock().unwrap_or_else(PoisonError::into_inner));
    failures.sort_by_key(|(seed, _)| *seed);
    let Some((seed, outcome)) = failures.first().cloned() else {
        println!("every property held");
        let missing = if args.thorough { missing(&tally, &faults) } else { Vec::new() };
        if missing.is_empty() {
            return ExitCode::SUCCESS;
        }
        println!("but these never occurred, and so were not tested: {}", missing.join(", "));
        return ExitCode::FAILURE;
    };
    for (seed, outcome) in &failures {
        println!("seed {seed} failed: {}", outcome.failure.as_deref().unwrap_or_default());
    }
    if args.shrink > 0 {
        explain(&args, &faults, seed, outcome);
    }
    ExitCode::FAILURE
}

fn work(args: &Args, faults: &[Fault], shared: &Shared) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    loop {
        let seed = shared.next.fetch_add(1, Ordering::SeqCst);
        if seed >= args.seed + args.seeds || shared.stop.load(Ordering::SeqCst) {
            return;
        }
        let outcome = runtime.block_on(run(seed, &plan(seed, args.steps, faults)));
        shared.tally.lock().unwrap_or_else(PoisonError::into_inner).add(&outcome.tally);
        shared.done.fetch_add(1, Ordering::SeqCst);
        if outcome.failure.is_some() {
            shared.stop.fetch_or(!args.all, Ordering::SeqCst);
            shared.failures.lock().unwrap_or_else(PoisonError::into_inner).push((seed, outcome));
        }
    }
}

/// Outcomes and answers that a thorough run has seen.
const OUTCOMES: &[&str] = &[
    "applied",
    "applied, merged",
    "duplicate",
    "duplicate, first",
    "conflict",
    "gone",
    "rejected",
    "deferred",
    "Pull 200",
    "Pull 401",
    "Pull 410",
    "Pull 503",
    "Push 200",
    "Push 401",
    "Push 409",
    "Push 503",
    "a reply nobody waits for",
];

/// Ways in which two requests meet, which a thorough run has seen.
const MEETINGS: &[&str] = &["Met InPassing", "Met AtALock"];

/// What of the faults and outcomes did not occur.
fn missing(tally: &Tally, faults: &[Fault]) -> Vec<String> {
    let of_faults = faults.iter().map(|fault| format!("{fault:?}")).chain(MEETINGS.iter().map(ToString::to_string));
    let not_seen = of_faults.filter(|name| !tally.faults.contains_key(name));
    let outcomes = OUTCOMES.iter().filter(|name| !tally.outcomes.contains_key(**name)).map(|name| (*name).to_owned());
    not_seen.chain(outcomes).collect()
}

/// Makes the run shorter and shows what is left of it.
fn explain(args: &Args, faults: &[Fault], seed: u64, outcome: Outcome) {
    let steps = plan(seed, args.steps, faults);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let before = steps.len();
    let (shorter, outcome): (Vec<Step>, Outcome) = runtime.block_on(shrink(seed, &steps, outcome, args.shrink));
    println!("\nseed {seed}, made shorter from {before} to {} steps:", shorter.len());
    for line in &outcome.trace {
        println!("  {line}");
    }
    println!("{}", outcome.failure.unwrap_or_default());
    let some: Vec<String> = args
        .fault
        .iter()
        .filter_map(|fault| fault.to_possible_value().map(|v| format!(" --fault {}", v.get_name())))
        .collect();
    let calm = if args.calm { " --calm" } else { "" };
    let defect = args.defect.map(|defect| format!(" --defect {}", defect.name())).unwrap_or_default();
    let steps = args.steps;
    println!("\nTo repeat it: cargo xtask sim --seed {seed} --seeds 1 --steps {steps}{}{calm}{defect}", some.concat());
}
