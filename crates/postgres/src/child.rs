//! The running PostgreSQL process and the thread that watches it.
//!
//! Linux ties the parent-death signal to the *thread* that forked, so PostgreSQL is forked by a thread that does nothing
//! but wait for it: that thread ends when PostgreSQL does, or together with this process.

use std::fmt;
use std::io;
use std::process::{Command, ExitStatus};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How PostgreSQL ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// What the operating system said; `None` where somebody else in this process collected it.
    pub status: Option<ExitStatus>,
}

impl Exit {
    /// Whether PostgreSQL shut down in its own order, so that the next start has nothing to recover.
    pub fn is_clean(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => status.fmt(f),
            None => f.write_str("exit status unknown"),
        }
    }
}

type Callback = Box<dyn FnOnce(Exit) + Send>;

#[derive(Default)]
struct State {
    exit: Option<Exit>,
    callbacks: Vec<Callback>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    exited: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-changed by a panic while this is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A child process with its supervising thread.
pub(crate) struct Child {
    pid: u32,
    shared: Arc<Shared>,
}

impl Child {
    /// Starts `command` from a thread of its own.
    pub(crate) fn spawn(command: Command) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let (started, start) = mpsc::channel();
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new().name("postgres".into()).spawn(move || supervise(command, &started, &theirs))?;
        let pid = start.recv().unwrap_or_else(|_| Err(io::Error::other("the supervising thread ended early")))?;
        Ok(Self { pid, shared })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn try_wait(&self) -> Option<Exit> {
        self.shared.lock().exit
    }

    pub(crate) fn wait(&self) -> Exit {
        let mut state = self.shared.lock();
        loop {
            if let Some(exit) = state.exit {
                return exit;
            }
            state = self.shared.exited.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn wait_for(&self, limit: Duration) -> Option<Exit> {
        let until = Instant::now() + limit;
        let mut state = self.shared.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if state.exit.is_some() || left.is_zero() {
                return state.exit;
            }
            let waited = self.shared.exited.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Runs `callback` when the child has ended, on the supervising thread; at once where it has already.
    pub(crate) fn on_exit(&self, callback: Callback) {
        let mut state = self.shared.lock();
        match state.exit {
            None => state.callbacks.push(callback),
            Some(exit) => {
                drop(state);
                callback(exit);
            }
        }
    }

    /// Sends a signal, unless the child has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        // The child is collected under this lock only, so its number cannot have gone to another process meanwhile.
        let state = self.shared.lock();
        if state.exit.is_none() {
            // It can only fail where the child is dead already, which the supervisor will find out.
            let _ = kill(Pid::from_raw(self.pid.cast_signed()), signal);
        }
    }
}

fn supervise(mut command: Command, started: &mpsc::Sender<io::Result<u32>>, shared: &Shared) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let _ = started.send(Ok(child.id()));
    wait_without_collecting(child.id());
    let mut state = shared.lock();
    let exit = Exit { status: child.wait().ok() };
    state.exit = Some(exit);
    let callbacks = std::mem::take(&mut state.callbacks);
    drop(state);
    shared.exited.notify_all();
    for callback in callbacks {
        callback(exit);
    }
}

/// Blocks until the child has ended, and leaves it as a zombie, so that its number stays its own.
fn wait_without_collecting(pid: u32) {
    loop {
        let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: `info` is valid for writes of a siginfo_t for the whole call, is not read afterwards, and the call
        // touches no other memory of this process.
        #[allow(unsafe_code)]
        let result = unsafe { libc::waitid(libc::P_PID, pid, info.as_mut_ptr(), libc::WEXITED | libc::WNOWAIT) };
        let interrupted = result == -1 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted;
        // Any other failure means that there is nothing to wait for; `Child::wait` then says what is known.
        if !interrupted {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn sleeper() -> Child {
        let mut command = Command::new("sleep");
        command.arg("600");
        Child::spawn(command).unwrap()
    }

    #[test]
    fn an_exit_reaches_those_who_asked_before_and_those_who_ask_after() {
        let child = sleeper();
        assert_eq!(child.try_wait(), None);
        assert_eq!(child.wait_for(Duration::ZERO), None);
        let (sender, receiver) = mpsc::channel();
        let early = sender.clone();
        child.on_exit(Box::new(move |exit| early.send(exit).unwrap()));
        child.signal(Signal::SIGKILL);
        let exit = child.wait();
        assert!(!exit.is_clean());
        assert_eq!(exit.to_string(), "signal: 9 (SIGKILL)");
        assert_eq!(receiver.recv().unwrap(), exit);
        child.on_exit(Box::new(move |exit| sender.send(exit).unwrap()));
        assert_eq!(receiver.recv().unwrap(), exit);
        assert_eq!(child.try_wait(), Some(exit));
        // The number may belong to somebody else by now: this must do nothing.
        child.signal(Signal::SIGKILL);
    }

    #[test]
    fn a_program_that_cannot_be_started_is_an_error() {
        let error = Child::spawn(Command::new("/nonexistent/postgres")).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
