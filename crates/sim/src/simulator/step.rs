//! What can happen, and how often.

use clap::ValueEnum;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// One thing that happens. Its randomness is its own, so that leaving another one out does not change what it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// What.
    pub what: What,
    /// The seed of everything that is left to chance in it.
    pub seed: u64,
}

/// What happens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum What {
    /// Somebody captures a place.
    Capture,
    /// A watch and a phone capture the same place.
    CaptureByWatch,
    /// Somebody captures a place whose position is not known yet.
    CaptureWaiting,
    /// Somebody captures a place without being signed in.
    CaptureAnonymously,
    /// What was captured without being signed in is taken over.
    Adopt,
    /// A position comes for a waiting capture.
    Fix,
    /// Somebody looks at a place, to decide something about it later.
    Look,
    /// Somebody changes a place.
    Edit,
    /// A better fix comes.
    Refine,
    /// Somebody deletes a place.
    Delete,
    /// Somebody takes a place out of the trash.
    Restore,
    /// Somebody decides what needs attention.
    Resolve,
    /// Somebody sends what is parked again.
    Retry,
    /// Somebody drops an operation.
    Discard,
    /// Somebody imports a file.
    Import,
    /// Somebody takes an import back.
    Undo,
    /// Somebody shares a place.
    Share,
    /// Somebody takes a share back.
    Unshare,
    /// Somebody confirms what they show to others, after a restore.
    Confirm,
    /// Somebody signs out, or their device is revoked.
    SignOut,
    /// Somebody signs in.
    SignIn,
    /// A device sends and fetches.
    Sync,
    /// Two requests meet in the database.
    AtOnce,
    /// A request arrives that was thought lost long ago, or a reply comes late.
    Arrive,
    /// A reader follows a feed.
    Read,
    /// Time passes.
    Wait,
    /// The trash is purged and what is old is dropped.
    Tidy,
    /// A new generation of the database begins.
    Generation,
    /// A plan gets or loses its limit.
    Plan,
    /// Something breaks.
    Break(Fault),
}

/// What can go wrong. Those of the network strike at the next [`What::Sync`]; the others at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Fault {
    /// The request never arrives.
    RequestLost,
    /// The server acts, and the reply is lost.
    ReplyLost,
    /// The request arrives much later, and nobody waits for its reply.
    Delayed,
    /// The request arrives twice.
    Duplicated,
    /// The reply comes when something else is under way.
    ReplyLate,
    /// A captive portal answers.
    Portal,
    /// A proxy answers with a status of its own.
    Proxy,
    /// The server says that it can't at the moment.
    Unavailable,
    /// The server asks for a pause.
    RateLimited,
    /// The server refuses the size.
    TooLarge,
    /// The server wants a newer app.
    UpdateRequired,
    /// The request goes out with another account's token.
    WrongToken,
    /// The device is killed with a request under way.
    DeviceKilled,
    /// The device is killed at a commit.
    DeviceKilledAtCommit,
    /// A second process works on the same store.
    SecondProcess,
    /// The device's wall clock jumps.
    ClockJump,
    /// A queue of an older payload version meets the app's update.
    OldPayload,
    /// The server is killed between two statements.
    ServerKilled,
    /// The line to the database breaks between two statements.
    LineCut,
    /// PostgreSQL is restarted.
    DatabaseRestarted,
    /// The database goes back to an older copy, and nobody says so.
    DatabaseBack,
    /// The database is restored from an older copy with the command for it.
    DatabaseRestored,
}

/// How often each thing happens, in a thousand.
const WEIGHTS: &[(What, u32)] = &[
    (What::Capture, 70),
    (What::CaptureByWatch, 25),
    (What::CaptureWaiting, 20),
    (What::CaptureAnonymously, 15),
    (What::Adopt, 10),
    (What::Fix, 25),
    (What::Look, 25),
    (What::Edit, 130),
    (What::Refine, 25),
    (What::Delete, 30),
    (What::Restore, 15),
    (What::Resolve, 45),
    (What::Retry, 10),
    (What::Discard, 8),
    (What::Import, 12),
    (What::Undo, 6),
    (What::Share, 35),
    (What::Unshare, 15),
    (What::Confirm, 15),
    (What::SignOut, 6),
    (What::SignIn, 12),
    (What::Sync, 240),
    (What::AtOnce, 60),
    (What::Arrive, 25),
    (What::Read, 30),
    (What::Wait, 50),
    (What::Tidy, 8),
    (What::Generation, 15),
    (What::Plan, 10),
];

/// How often something breaks, in a thousand steps.
const BREAKS: u32 = 240;

impl Fault {
    /// How often this one, among all that break.
    fn weight(self) -> u32 {
        match self {
            Self::RequestLost | Self::ReplyLost | Self::Duplicated => 10,
            Self::Delayed | Self::ReplyLate | Self::DeviceKilledAtCommit | Self::ServerKilled | Self::LineCut => 7,
            Self::DatabaseBack | Self::DatabaseRestored | Self::UpdateRequired | Self::TooLarge => 2,
            _ => 4,
        }
    }
}

/// The steps of a seed, with these faults and no others.
pub fn plan(seed: u64, steps: usize, faults: &[Fault]) -> Vec<Step> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..steps).map(|_| Step { what: choose(&mut rng, faults), seed: rng.random() }).collect()
}

fn choose(rng: &mut StdRng, faults: &[Fault]) -> What {
    if !faults.is_empty() && rng.random_ratio(BREAKS, 1000) {
        let fault = weighted(rng, faults.iter().map(|fault| (*fault, fault.weight())));
        return What::Break(fault);
    }
    weighted(rng, WEIGHTS.iter().copied())
}

fn weighted<T: Copy>(rng: &mut StdRng, choices: impl Iterator<Item = (T, u32)> + Clone) -> T {
    let total: u32 = choices.clone().map(|(_, weight)| weight).sum();
    let mut at = rng.random_range(0..total);
    for (choice, weight) in choices {
        if at < weight {
            return choice;
        }
        at -= weight;
    }
    unreachable!("the weights add up to the total")
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Break(fault) => write!(f, "{fault:?}"),
            what => write!(f, "{what:?}"),
        }
    }
}
