//! How the program ends: exit codes and failures.

use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use holdfast_contract::{Code, FieldError, Problem};
use holdfast_device::Error as DeviceError;
use holdfast_host::Error as HostError;
use serde_json::{Value, json};

/// What the exit code means. Stable: scripts depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Something failed; the message says what.
    Failed = 1,
    /// The command, or a value in it, is not valid. Nothing was changed.
    Usage = 2,
    /// Done as far as possible; something waits for the person.
    Attention = 3,
    /// The device is not signed in.
    SignIn = 4,
    /// The server can't be reached. What is saved is kept.
    Unreachable = 5,
    /// There is no such place, or more than one.
    NotFound = 6,
    /// The home folder can't be used.
    Storage = 7,
    /// Whoever read the output went away (as a signal would say it: 128 + SIGPIPE).
    BrokenPipe = 141,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The table of exit codes, for `--help`.
pub(crate) const TABLE: &str = "\
Exit codes:
  0  done
  1  something failed; the message says what
  2  the command or a value in it is not valid; nothing was changed
  3  done as far as possible, but something needs your attention
     (a conflict, a refused change, a line of a file that can't be imported)
  4  this device is not signed in
  5  the server can't be reached, or can't take everything at the moment;
     what is saved is kept and is sent later
  6  there is no such place, or more than one
  7  the home folder can't be used (full disk, permissions, damage)

With --json, standard output is one JSON document (watch: one per line), also
when something fails: {\"error\": {\"code\", \"message\", \"hint\", \"exit\", …}}.
A database that was found damaged is told in it as \"rescued\".";

/// Why a command failed, in words for a person and as a code for scripts.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// A stable code.
    pub(crate) code: String,
    /// What happened and what it means, as sentences.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: Option<String>,
    /// More for scripts.
    pub(crate) details: Value,
}

impl Failure {
    pub(crate) fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        Self { exit, code: code.to_owned(), message: message.into(), hint: None, details: Value::Null }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// A command line that could not be read, from clap's words: what is wrong, tips, the usage.
    pub(crate) fn refused(words: &str) -> Self {
        let mut parts = words.split("\n\n").map(|part| part.trim_matches('\n'));
        let message = parts.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let hint: Vec<&str> = parts.map(|part| part.trim_start().trim_start_matches("tip: ")).collect();
        let failure = Self::usage(message);
        if hint.is_empty() { failure } else { failure.hint(hint.join("\n")) }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "failed", message)
    }

    /// Values outside the contract; `means` says what was not done, such as "Nothing was saved."
    pub(crate) fn invalid(errors: &[FieldError], means: &str) -> Self {
        let list: Vec<String> = errors.iter().map(|e| format!("{} {}", e.field, e.detail)).collect();
        let message = match list.as_slice() {
            [one] => format!("{means} The {one}."),
            _ => format!("{means}\n  - the {}", list.join("\n  - the ")),
        };
        Self { details: json!({ "errors": errors }), ..Self::new(Exit::Usage, "invalid", message) }
    }

    pub(crate) fn not_paired(what_for: &str) -> Self {
        Self::new(Exit::SignIn, "not_paired", format!("This device is not signed in to an account, which {what_for} needs."))
            .hint("Sign in with: holdfast pair <setup link or server address>\nPlaces can be saved without; they stay on this device.")
    }

    /// Nobody reads the output any more.
    pub(crate) fn is_quiet(&self) -> bool {
        self.exit == Exit::BrokenPipe
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds members to the JSON document.
    pub(crate) fn details(mut self, details: Value) -> Self {
        match (&mut self.details, details) {
            (Value::Object(mine), Value::Object(more)) => mine.extend(more),
            (mine, more) => *mine = more,
        }
        self
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({
            "code": self.code, "message": self.message, "hint": self.hint, "exit": self.exit as u8,
        });
        if let (Value::Object(error), Value::Object(details)) = (&mut error, &self.details) {
            error.extend(details.clone());
        }
        json!({ "error": error })
    }

    fn server(problem: &Problem) -> Self {
        let (exit, hint) = match problem.code {
            Code::Unauthenticated => (
                Exit::SignIn,
                Some(
                    "This device's access has ended. Sign in again with: holdfast pair <server address>\nEverything saved here is kept and is sent afterwards.",
                ),
            ),
            Code::AccountGone => (
                Exit::SignIn,
                Some(
                    "Everything on this device is kept. `holdfast export` and `holdfast outbox export` write it to files.",
                ),
            ),
            Code::WrongAccount => (Exit::SignIn, Some("Sign in again with: holdfast pair <server address>")),
            Code::InvalidCredentials => (Exit::SignIn, Some("Check the address and the password and try again.")),
            Code::InvalidCode => (
                Exit::SignIn,
                Some(
                    "Codes work once and for a short time. On a device that is signed in, `holdfast pair --new-code` makes a new one; a server that is not set up prints a new link when it starts.",
                ),
            ),
            Code::AlreadySetUp => {
                (Exit::SignIn, Some("Sign in instead, with: holdfast pair <server address> --email <address>"))
            }
            Code::ClientTooOld => {
                (Exit::Failed, Some("Update holdfast. Everything saved here is kept and is sent afterwards."))
            }
            Code::RateLimited => (Exit::Unreachable, Some("Wait a little and try again.")),
            Code::Unavailable | Code::Internal => {
                (Exit::Unreachable, Some("Try again in a moment. Everything saved here is kept."))
            }
            Code::Invalid => (Exit::Usage, None),
            Code::NotFound => (Exit::NotFound, None),
            _ => (Exit::Failed, None),
        };
        let mut message =
            if problem.detail.is_empty() { format!("{}.", problem.title) } else { problem.detail.clone() };
        if problem.code == Code::RateLimited
            && let Some(seconds) = problem.retry_after
        {
            let _ = write!(message, " (try again in {seconds} s)");
        }
        Self {
            exit,
            code: problem.code.to_string(),
            message,
            hint: hint.map(str::to_owned),
            details: json!({ "problem": problem }),
        }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Device(error) => error.into(),
            HostError::Problem(problem) => Self::server(&problem),
            HostError::Home { .. } => Self::new(Exit::Storage, "storage", format!("The home folder can't be used: {error}."))
                .hint("Choose another folder with --home or HOLDFAST_HOME, or mend this one's permissions."),
            HostError::Unreadable { .. } => Self::new(Exit::Storage, "storage", format!("{error}."))
                .hint("The file was left as it is. Mend it, or move it away and sign in again; saved places are in the databases beside it."),
            HostError::Busy { .. } => Self::failed(format!("Another holdfast process is at work on this home folder ({error})."))
                .hint("Try again in a moment. Saving places works meanwhile."),
            HostError::Unreachable { server, why } => Self::new(
                Exit::Unreachable,
                "unreachable",
                format!("The server {server} can't be reached ({why})."),
            )
            .hint("Everything saved on this device is kept. Check the network and the address, and that the server runs."),
            HostError::NotHoldfast { server, why } => Self::new(
                Exit::Unreachable,
                "not_holdfast",
                format!("What answers at {server} is not a Holdfast server: {why}."),
            )
            .hint("Is the address right? In a hotel or train, the network may want you to sign in first (open any page in a browser)."),
            HostError::NotSignedIn => Self::not_paired("this"),
            HostError::ServerUrl(error) => Self::usage(format!("The server address {error}.")),
            HostError::Tls(why) => Self::failed(format!("Secure connections can't be set up on this machine: {why}."))
                .hint("Install the system's trusted certificates (on Debian: ca-certificates)."),
            other => Self::failed(format!("{other}.")),
        }
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        let sentence = capitalised(&format!("{error}."));
        match error {
            DeviceError::NoSuchPlace | DeviceError::NoSuchEntry | DeviceError::NoSuchImport => {
                Self::new(Exit::NotFound, "not_found", sentence)
            }
            DeviceError::Invalid(errors) => Self::invalid(&errors, "Nothing was changed."),
            DeviceError::InTrash => {
                Self::new(Exit::Failed, "in_trash", sentence).hint("Take it out with: holdfast restore <place>")
            }
            DeviceError::NotInTrash => Self::new(Exit::Failed, "not_in_trash", sentence),
            DeviceError::LookAgain => Self::new(Exit::Attention, "look_again", sentence),
            DeviceError::ChangedSince(_) => Self::new(Exit::Attention, "changed_since", sentence)
                .hint("Another process has just changed it. Look with: holdfast show <place>, and repeat the command."),
            DeviceError::Undecided(_) => Self::new(Exit::Usage, "undecided", sentence)
                .hint("Nothing was decided. Add --field FIELD=mine or --field FIELD=theirs for each of them."),
            DeviceError::NothingToResolve => Self::new(Exit::Failed, "nothing_to_resolve", sentence)
                .hint("What there is to decide, and how: holdfast resolve <place>"),
            DeviceError::DecideFirst => {
                Self::new(Exit::Attention, "decide_first", sentence).hint("Decide with: holdfast resolve <place>")
            }
            DeviceError::NotAllowed => Self::new(Exit::Failed, "forbidden", sentence),
            DeviceError::OnItsWay => Self::new(Exit::Failed, "on_its_way", sentence)
                .hint("Another process is sending it. If none is, its lease ends within two minutes."),
            DeviceError::DiskFull => {
                Self::new(Exit::Storage, "disk_full", sentence).hint("Free some space and repeat the command.")
            }
            DeviceError::Busy => Self::new(Exit::Storage, "busy", sentence),
            DeviceError::Damaged(_) => Self::new(Exit::Storage, "damaged", sentence).hint(
                "Nothing was deleted. Check the disk and its room, and repeat the command: what can be read is rescued then.",
            ),
            DeviceError::Inaccessible(_) => Self::new(Exit::Storage, "storage", sentence)
                .hint("What is saved there stays as it is. Check the permissions of the home folder and its disk, or choose another with --home or HOLDFAST_HOME."),
            DeviceError::TooNew { .. } => Self::new(Exit::Storage, "storage", sentence),
            DeviceError::BoundElsewhere(_) => Self::new(Exit::Failed, "bound_elsewhere", sentence).hint(
                "Places are only ever taken into the account they were promised to. Sign in to that one to take them.",
            ),
            _ => Self::failed(sentence),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::BrokenPipe, "broken_pipe", "");
        }
        Self::failed(format!("Reading or writing failed: {error}."))
    }
}

fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}
