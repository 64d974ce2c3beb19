//! What is printed, and where.
//!
//! Standard output carries what was asked for: lines for people, or one JSON document. Standard error carries hints,
//! progress and errors for people. `--quiet` leaves only what was asked for and errors.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use holdfast_device::RecoveryReport;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::Value;

use crate::exit::Failure;
use crate::words;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

/// A rescue that no document has told of yet. One process runs one command.
static RESCUED: Mutex<Option<RecoveryReport>> = Mutex::new(None);

/// The document with the rescue in it, if there was one.
fn with_rescue(value: &impl Serialize) -> io::Result<Option<Value>> {
    let mut rescued = RESCUED.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(report) = rescued.as_ref() else { return Ok(None) };
    let mut value = serde_json::to_value(value).map_err(io::Error::other)?;
    if let Value::Object(members) = &mut value {
        members.insert("rescued".to_owned(), serde_json::to_value(report).map_err(io::Error::other)?);
        *rescued = None;
    }
    Ok(Some(value))
}

/// Prints for one command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) color: ColorChoice,
}

impl Output {
    /// A line about what was done. Not with `--json` or `--quiet`.
    pub(crate) fn say(self, line: impl AsRef<str>) -> Result<(), Failure> {
        if self.json || self.quiet { Ok(()) } else { self.show(line) }
    }

    /// A line of what was asked for. Not with `--json`.
    pub(crate) fn show(self, line: impl AsRef<str>) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        let mut stdout = AutoStream::new(io::stdout(), self.color).lock();
        stdout.write_all(line.as_ref().as_bytes())?;
        stdout.write_all(b"\n")?;
        Ok(stdout.flush()?)
    }

    /// The result, with `--json`.
    pub(crate) fn json(self, value: &impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let mut text = match with_rescue(value)? {
            Some(value) => serde_json::to_vec_pretty(&value),
            None => serde_json::to_vec_pretty(value),
        }
        .map_err(io::Error::other)?;
        text.push(b'\n');
        let mut stdout = io::stdout().lock();
        stdout.write_all(&text)?;
        Ok(stdout.flush()?)
    }

    /// One of many results, on a line of its own, with `--json`.
    pub(crate) fn json_line(self, value: &impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let mut text = match with_rescue(value)? {
            Some(value) => serde_json::to_vec(&value),
            None => serde_json::to_vec(value),
        }
        .map_err(io::Error::other)?;
        text.push(b'\n');
        let mut stdout = io::stdout().lock();
        stdout.write_all(&text)?;
        Ok(stdout.flush()?)
    }

    /// A hint beside the result. Not with `--json` or `--quiet`. Nobody reading it is no failure.
    pub(crate) fn hint(self, line: impl AsRef<str>) {
        if !self.json && !self.quiet {
            self.write_stderr(&format!("{DIM}{}{DIM:#}", line.as_ref()));
        }
    }

    /// Something that matters although the command worked. Not with `--json`, where it is part of the document.
    pub(crate) fn warn(self, line: impl AsRef<str>) {
        if !self.json {
            self.write_stderr(&format!("{YELLOW}{BOLD}note:{BOLD:#}{YELLOW:#} {}", line.as_ref()));
        }
    }

    /// Tells that a database was damaged and what could be rescued of it; with `--json` in the next document.
    pub(crate) fn rescued(self, report: &RecoveryReport) {
        if self.json {
            *RESCUED.lock().unwrap_or_else(PoisonError::into_inner) = Some(report.clone());
            return;
        }
        self.warn(format!(
            "The database was damaged. It was set aside as {}; {} and {} were rescued from it.",
            words::one_line(&report.set_aside),
            words::count(report.places, "place", "places"),
            words::count(report.operations, "unsent change", "unsent changes"),
        ));
        for what in &report.unreadable {
            self.warn(format!("Not everything could be read: {}", words::one_line(what)));
        }
    }

    /// Tells of a failure: on standard error for people, on standard output as JSON.
    pub(crate) fn failure(self, failure: &Failure) {
        if failure.is_quiet() {
            return;
        }
        if self.json {
            // There is nobody left to tell of a failure to print this.
            let _ = self.json(&failure.to_json());
            return;
        }
        // Parts of it may be a server's words: whatever they are, they only ever are words.
        let message = words::block(&failure.message, "");
        self.write_stderr(&format!("{RED}{BOLD}error:{BOLD:#}{RED:#} {message}"));
        if let Some(hint) = &failure.hint {
            self.write_stderr(&words::block(hint, "  "));
        }
    }

    /// A progress bar over `total` steps; invisible where nobody would see it.
    pub(crate) fn progress(self, total: u64, what: &str) -> ProgressBar {
        let visible = !self.json && !self.quiet && io::stderr().is_terminal();
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.with_message(what.to_owned())
    }

    /// A spinner for work of unknown length; invisible where nobody would see it.
    pub(crate) fn spinner(self, what: &str) -> ProgressBar {
        let visible = !self.json && !self.quiet && io::stderr().is_terminal();
        if !visible {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        bar
    }

    /// Whether a person sits there who can be asked.
    pub(crate) fn can_ask(self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks for a line.
    pub(crate) fn ask(self, question: &str) -> Result<String, Failure> {
        let mut stderr = AutoStream::new(io::stderr(), self.color).lock();
        write!(stderr, "{question} ")?;
        stderr.flush()?;
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            return Err(Failure::usage("Nothing was answered, so nothing was done."));
        }
        Ok(line.trim().to_owned())
    }

    /// Asks a question that is answered with yes or no; anything else counts as no.
    pub(crate) fn confirm(self, question: &str) -> Result<bool, Failure> {
        let answer = self.ask(&format!("{question} [y/N]"))?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    fn write_stderr(self, line: &str) {
        let mut stderr = AutoStream::new(io::stderr(), self.color).lock();
        let _ = writeln!(stderr, "{line}");
    }
}
