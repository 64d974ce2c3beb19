//! What commands print for whoever called them.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

/// Nobody reads any more what is printed, as behind `| head`.
static UNREAD: AtomicBool = AtomicBool::new(false);

/// The exit code of a program whose reader went away, as a signal would say it: 128 + SIGPIPE.
pub(crate) const BROKEN_PIPE: u8 = 141;

/// Prints a line. Where nobody reads it any more, the command goes on all the same: what it does matters more than what it says.
macro_rules! say {
    ($($words:tt)*) => { $crate::say::line(format_args!($($words)*)) };
}
pub(crate) use say;

pub(crate) fn line(words: fmt::Arguments<'_>) {
    if writeln!(io::stdout().lock(), "{words}").is_err() {
        UNREAD.store(true, Ordering::Relaxed);
    }
}

/// Whether something was printed that nobody read.
pub(crate) fn is_unread() -> bool {
    UNREAD.load(Ordering::Relaxed)
}
