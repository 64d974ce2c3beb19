//! The simulator: real devices and a real server on a real PostgreSQL, in one process, on virtual clocks, in a world where
//! everything goes wrong in an order that a seed decides.
//!
//! A run is a list of [`Step`]s. People capture, edit, delete, share and decide; devices send and fetch; requests are lost,
//! doubled and delayed; processes die between two statements; databases go back in time. Then the faults stop, everybody
//! syncs, and six properties are checked ([`check`]) against an independent [`model`] of what people did and saw.
//!
//! A run that fails is made shorter ([`shrink`]) and can be repeated: the same seed plans the same steps, and each step brings its own
//! chance. What stays outside the seed are the ids that the server makes and the order in which PostgreSQL's own processes run;
//! neither decides what happens.

mod at_once;
mod capturing;
mod check;
mod clock;
mod cut;
mod deciding;
mod device;
mod disasters;
mod model;
mod people;
mod promises;
mod server;
mod sharing;
mod shrink;
mod step;
mod tally;
mod world;

pub use shrink::shrink;
pub use step::{Fault, Step, What, plan};
pub use tally::Tally;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What went wrong, if something did.
    pub failure: Option<String>,
    /// At which step; the number of steps where it came out at the end.
    pub at: usize,
    /// What happened, as lines for a person.
    pub trace: Vec<String>,
    /// How often what happened.
    pub tally: Tally,
}

/// Runs these steps in a new world, heals it, and checks what must be true.
pub async fn run(seed: u64, steps: &[Step]) -> Outcome {
    let mut world = world::World::new(seed).await;
    let mut failure = None;
    let mut at = steps.len();
    for (index, step) in steps.iter().enumerate() {
        let before = world.trace.len();
        let done = world.step(*step).await;
        for line in &mut world.trace[before..] {
            *line = format!("{index:>4} {:<24} {line}", step.what.to_string());
        }
        if let Err(why) = done {
            (failure, at) = (Some(why), index);
            break;
        }
    }
    if failure.is_none() {
        failure = world.heal(check::healing_seed(seed)).await.err();
    }
    if failure.is_none() {
        failure = world.check().await.err();
    }
    Outcome { failure, at, trace: world.trace, tally: world.tally }
}
