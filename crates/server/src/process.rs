//! What the operating system says about this process, under the names every Prometheus client uses. Linux only:
//! elsewhere these metrics are absent.

use metrics::{Unit, describe_gauge, gauge};

/// Clock ticks a second in `/proc/<pid>/stat`: fixed at 100 for all that user space sees (`USER_HZ`, time(7)).
const TICKS_PER_SECOND: f64 = 100.0;

/// Numbers of this process.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Process {
    /// Memory that is really there, in bytes.
    pub resident_bytes: u64,
    /// Threads.
    pub threads: u64,
    /// Open file descriptors.
    pub open_fds: u64,
    /// Processor time used, in seconds.
    pub cpu_seconds: f64,
}

impl Process {
    /// Of this process, now; `None` where the system does not say.
    pub fn read() -> Option<Self> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let open_fds = u64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok()?;
        Some(Self {
            resident_bytes: field(&status, "VmRSS:")? * 1024,
            threads: field(&status, "Threads:")?,
            open_fds,
            cpu_seconds: cpu_seconds(&stat)?,
        })
    }
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Fields 14 and 15 of `/proc/<pid>/stat`, see `proc(5)`. The second field, the program's name, may itself hold blanks and brackets.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let after_name = stat.rsplit_once(')')?.1;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some((f64::from(user) + f64::from(system)) / TICKS_PER_SECOND)
}

pub(crate) fn describe() {
    describe_gauge!("process_resident_memory_bytes", Unit::Bytes, "Resident memory of the server.");
    describe_gauge!("process_open_fds", "Open file descriptors of the server.");
    describe_gauge!("process_threads", "Threads of the server.");
    describe_gauge!("process_cpu_seconds", Unit::Seconds, "Processor time the server used since it started.");
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floats; these are far below 2^52")]
pub(crate) fn record() {
    if let Some(process) = Process::read() {
        gauge!("process_resident_memory_bytes").set(process.resident_bytes as f64);
        gauge!("process_open_fds").set(process.open_fds as f64);
        gauge!("process_threads").set(process.threads as f64);
        gauge!("process_cpu_seconds").set(process.cpu_seconds);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_this_process_are_plausible() {
        let process = Process::read().unwrap();
        assert!(process.resident_bytes > 1024 * 1024 && process.threads >= 1 && process.open_fds >= 3, "{process:?}");
    }

    #[test]
    fn a_program_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b) (c) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 1 0";
        assert_eq!(cpu_seconds(stat), Some(3.0));
    }
}
