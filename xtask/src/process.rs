//! Runs other programs: prints what is run, waits, passes on a request to stop.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static CHILD: Mutex<Option<Pid>> = Mutex::new(None);

/// From now on, Ctrl-C and requests to end reach the program that is being run, and then end this one in its own order, so
/// that what was started is stopped and what was made temporarily is removed.
pub(crate) fn stop_in_order() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("listen for signals")?;
    std::thread::spawn(move || {
        for number in signals.forever() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            let Ok(signal) = Signal::try_from(number) else { continue };
            // A terminal sends Ctrl-C to everything in the foreground by itself; twice would mean "at once, and unclean".
            if signal == Signal::SIGINT && std::io::stdin().is_terminal() {
                continue;
            }
            if let Some(child) = *child() {
                // It can only fail where the child has ended.
                let _ = kill(child, signal);
            }
        }
    });
    Ok(())
}

/// Whether somebody has asked this program to end.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

fn child() -> std::sync::MutexGuard<'static, Option<Pid>> {
    CHILD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `cargo` with these arguments, at the root of the repository.
///
/// SQL is checked against the committed description of the database, whatever `DATABASE_URL` a person has set for the
/// server.
pub(crate) fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(crate::root()).env("SQLX_OFFLINE", "true");
    command
}

/// Prints the command, runs it to its end, and fails where it does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = show(command);
    eprintln!("$ {line}");
    let status = wait(command).with_context(|| format!("could not run `{line}`"))?;
    if interrupted() {
        bail!("stopped as asked");
    }
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Like [`run`], with its standard output returned instead of shown.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let line = show(command);
    eprintln!("$ {line}");
    let output = output(command).with_context(|| format!("could not run `{line}`"))?;
    if interrupted() {
        bail!("stopped as asked");
    }
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed something that is not UTF-8"))
}

/// Whether the command can be run and succeeds; prints nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn wait(command: &mut Command) -> std::io::Result<ExitStatus> {
    let mut running = command.spawn()?;
    *child() = Some(Pid::from_raw(running.id().cast_signed()));
    let status = running.wait();
    *child() = None;
    status
}

pub(crate) fn output(command: &mut Command) -> std::io::Result<Output> {
    let running = command.stdout(Stdio::piped()).spawn()?;
    *child() = Some(Pid::from_raw(running.id().cast_signed()));
    let output = running.wait_with_output();
    *child() = None;
    output
}

/// The command as somebody would type it.
pub(crate) fn show(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    let words: Vec<String> = std::iter::once(name).chain(args).collect();
    words.join(" ")
}
