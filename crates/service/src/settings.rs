//! What whoever runs the server can choose about the rules.

use std::time::Duration;

/// The rules' settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Days that a place stays in the trash before it is purged.
    pub trash_days: u32,
    /// Days that receipts, entries about gone places and generations are kept: the longest supported offline period.
    pub receipt_days: u32,
    /// How often the heads of connected users are read, to notice what other processes wrote.
    pub live_poll: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { trash_days: 30, receipt_days: 180, live_poll: Duration::from_secs(2) }
    }
}
