//! Makes a failing run shorter: fewer steps, fewer faults, the same failure.

use super::step::Step;
use super::{Outcome, run};

/// What a failure is about, without the ids in it: the first words.
fn kind(failure: &str) -> &str {
    let end = failure.find([':', '\n']).unwrap_or(failure.len());
    &failure[..end]
}

/// The shortest list of steps that was found within `tries` runs that fails in the same way, and how it fails.
///
/// Leaves out ever smaller parts (A. Zeller, R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
pub async fn shrink(seed: u64, steps: &[Step], first: Outcome, tries: usize) -> (Vec<Step>, Outcome) {
    let Some(failure) = first.failure.clone() else { return (steps.to_vec(), first) };
    let wanted = kind(&failure).to_owned();
    let mut best = steps[..first.at.saturating_add(1).min(steps.len())].to_vec();
    let mut outcome = first;
    let mut tries = tries;
    let mut size = best.len().div_ceil(2).max(1);
    loop {
        let mut start = 0;
        let mut shorter = false;
        while start < best.len() && tries > 0 {
            let end = (start + size).min(best.len());
            let candidate: Vec<Step> = best[..start].iter().chain(&best[end..]).copied().collect();
            tries -= 1;
            let tried = run(seed, &candidate).await;
            if tried.failure.as_deref().is_some_and(|f| kind(f) == wanted) {
                best = candidate;
                outcome = tried;
                shorter = true;
            } else {
                start = end;
            }
        }
        if tries == 0 || (size == 1 && !shorter) {
            return (best, outcome);
        }
        size = if shorter { size.min(best.len().max(1)) } else { (size / 2).max(1) };
    }
}
