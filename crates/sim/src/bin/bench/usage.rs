//! Processor time and memory of processes, from `/proc`. Where there is none, the figures are missing, not wrong.

use std::path::Path;

/// Ticks a second in `/proc/<pid>/stat`: what Linux shows to programs on every architecture it is built for here.
const TICKS: f64 = 100.0;

/// Processor seconds so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// Of the server.
    pub(crate) server: f64,
    /// Of PostgreSQL, all its processes.
    pub(crate) database: f64,
    /// Of this process.
    pub(crate) client: f64,
    /// Of this process's children that have ended, such as `pgbench`.
    pub(crate) children: f64,
}

impl Spent {
    /// Reads them.
    pub(crate) fn now(server: u32, postmaster: u32) -> Self {
        let me = times(std::process::id());
        Self {
            server: times(server).map_or(f64::NAN, |t| t.own),
            database: tree(postmaster),
            client: me.map_or(f64::NAN, |t| t.own),
            children: me.map_or(f64::NAN, |t| t.ended_children),
        }
    }

    /// What was spent since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            server: self.server - earlier.server,
            database: self.database - earlier.database,
            client: self.client - earlier.client,
            children: self.children - earlier.children,
        }
    }
}

/// Processor seconds of this process so far.
pub(crate) fn mine() -> f64 {
    times(std::process::id()).map_or(f64::NAN, |t| t.own)
}

#[derive(Clone, Copy)]
struct Times {
    parent: u32,
    own: f64,
    ended_children: f64,
}

fn times(pid: u32) -> Option<Times> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; what follows the last one does not.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<f64>().ok());
    Some(Times {
        parent: fields.get(1)?.parse().ok()?,
        own: (ticks(11)? + ticks(12)?) / TICKS,
        ended_children: (ticks(13)? + ticks(14)?) / TICKS,
    })
}

/// A process, its children that have ended, and its children that have not.
fn tree(pid: u32) -> f64 {
    let Some(root) = times(pid) else { return f64::NAN };
    let living: f64 = children(pid).filter_map(times).map(|t| t.own).sum();
    root.own + root.ended_children + living
}

fn children(pid: u32) -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(move |&child| times(child).is_some_and(|t| t.parent == pid))
}

/// Resident megabytes of a process now.
pub(crate) fn resident(pid: u32) -> f64 {
    status_megabytes(pid, "VmRSS")
}

/// The most megabytes this process has ever had resident.
pub(crate) fn my_peak() -> f64 {
    status_megabytes(std::process::id(), "VmHWM")
}

fn status_megabytes(pid: u32, name: &str) -> f64 {
    let value = crate::machine::first_value(&format!("/proc/{pid}/status"), name);
    value
        .and_then(|v| v.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}

/// Megabytes of a process and its children, shared pages counted once.
pub(crate) fn proportional_of_tree(pid: u32) -> f64 {
    std::iter::once(pid).chain(children(pid)).map(proportional).sum()
}

fn proportional(pid: u32) -> f64 {
    let path = format!("/proc/{pid}/smaps_rollup");
    let value = Path::new(&path).exists().then(|| crate::machine::first_value(&path, "Pss:")).flatten();
    value
        .and_then(|v| v.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_spent_time_and_holds_memory() {
        let me = std::process::id();
        let mut work = 0_u64;
        while times(me).is_some_and(|t| t.own <= 0.0) {
            work = std::hint::black_box(work.wrapping_add(1));
        }
        assert!(tree(me) > 0.0 && resident(me) > 0.0 && my_peak() >= resident(me));
        assert!(proportional_of_tree(me) > 0.0);
    }
}
