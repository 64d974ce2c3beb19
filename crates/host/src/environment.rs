//! The real clocks and real randomness.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use holdfast_contract::Timestamp;
use holdfast_device::{Environment, Moment};

/// This machine's clocks and its operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    fn now(&self) -> Moment {
        Moment { wall: now(), boot: boot(), since_boot_micros: since_boot_micros() }
    }

    fn random(&self, bytes: &mut [u8]) {
        // Without randomness two captures could get one id and become one place. There is no going on without it.
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// The present moment by this machine's wall clock. A clock before 1970 counts as 1970.
///
/// In a debug build, [`WRONG_CLOCK`] sets it wrong.
pub fn now() -> Timestamp {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros());
    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
    Timestamp::from_micros(micros.saturating_add(wrong_by_micros()).max(0))
}

/// Names the environment variable that sets this process's wall clock wrong by so many seconds, to try what a device does
/// whose clock is off. Only debug builds look at it: what people run tells the time by the machine's clock alone.
pub const WRONG_CLOCK: &str = "HOLDFAST_DEBUG_CLOCK_SECONDS";

#[cfg(debug_assertions)]
fn wrong_by_micros() -> i64 {
    static WRONG_BY: OnceLock<i64> = OnceLock::new();
    *WRONG_BY.get_or_init(|| {
        let seconds = std::env::var(WRONG_CLOCK).ok().and_then(|seconds| seconds.parse::<i64>().ok());
        seconds.unwrap_or(0).saturating_mul(1_000_000)
    })
}

#[cfg(not(debug_assertions))]
fn wrong_by_micros() -> i64 {
    0
}

/// What this machine is called, for the list of devices.
pub fn machine_name() -> String {
    #[cfg(unix)]
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").ok();
    let name = name.map(|n| n.trim().to_owned()).filter(|n| !n.is_empty() && !n.chars().any(char::is_control));
    name.unwrap_or_else(|| "command line".to_owned())
}

/// A pause between half of `pause` and all of it, so that many devices don't come back at one instant.
pub(crate) fn jitter(pause: Duration) -> Duration {
    let mut bytes = [0; 4];
    let share =
        getrandom::fill(&mut bytes).map_or(0.5, |()| f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX));
    pause.mul_f64(0.5 + share / 2.0)
}

/// Names this boot. Where the system does not name its boots, each process is one of its own: its clock is then never
/// compared with another's.
fn boot() -> u64 {
    static BOOT: OnceLock<u64> = OnceLock::new();
    *BOOT.get_or_init(|| {
        let mut hasher = DefaultHasher::new();
        match std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
            Ok(id) if since_boot().is_some() => id.trim().hash(&mut hasher),
            _ => {
                let mut bytes = [0; 8];
                SystemEnvironment.random(&mut bytes);
                bytes.hash(&mut hasher);
            }
        }
        hasher.finish()
    })
}

fn since_boot_micros() -> i64 {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    let elapsed = since_boot().unwrap_or_else(|| START.get_or_init(std::time::Instant::now).elapsed());
    i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
}

/// Time since boot, sleep included; the same for every process.
#[cfg(target_os = "linux")]
fn since_boot() -> Option<Duration> {
    use nix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::CLOCK_BOOTTIME).ok().map(Duration::from)
}

#[cfg(not(target_os = "linux"))]
fn since_boot() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_clock_runs_within_one_boot() {
        let (first, second) = (SystemEnvironment.now(), SystemEnvironment.now());
        assert_eq!(first.boot, second.boot);
        assert!(second.since_boot_micros >= first.since_boot_micros);
        assert!(first.wall > Timestamp::parse("2024-01-01T00:00:00Z").unwrap());
    }

    #[test]
    fn random_bytes_differ() {
        let (mut a, mut b) = ([0; 16], [0; 16]);
        SystemEnvironment.random(&mut a);
        SystemEnvironment.random(&mut b);
        assert_ne!(a, b);
    }

    #[test]
    fn jitter_stays_between_half_and_all() {
        for _ in 0..100 {
            let pause = jitter(Duration::from_secs(10));
            assert!((Duration::from_secs(5)..=Duration::from_secs(10)).contains(&pause));
        }
    }
}
