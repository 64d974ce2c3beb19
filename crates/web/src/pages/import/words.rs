//! Imports in words.

use holdfast_files::Format;
use holdfast_service::{ImportState, ImportSummary};

use crate::show::{self, Time};

/// One import in the list.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) format: &'static str,
    pub(super) when: Time,
    pub(super) state: String,
    pub(super) is_open: bool,
}

/// What an import came to, in words.
pub(super) struct Counts {
    pub(super) created: String,
    pub(super) known: Option<String>,
    pub(super) rejected: Option<String>,
    pub(super) removed: String,
    pub(super) kept: Option<String>,
}

pub(super) fn format_name(word: &str) -> &'static str {
    word.parse().map_or("file", Format::name)
}

fn positive(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

impl Counts {
    pub(super) fn of(import: &ImportSummary) -> Self {
        let counts = import.counts;
        let some = |n: i64, one: &str, many: &str| (n > 0).then(|| show::count(positive(n), one, many));
        Self {
            created: show::count(positive(counts.created), "place was made", "places were made"),
            known: some(counts.known + counts.in_trash, "was there already", "were there already"),
            rejected: some(counts.rejected, "could not be imported", "could not be imported"),
            removed: show::count(
                positive(import.undo.removed),
                "place was put into the trash",
                "places were put into the trash",
            ),
            kept: some(
                import.undo.kept,
                "was changed since and stays as it is",
                "were changed since and stay as they are",
            ),
        }
    }
}

impl From<ImportSummary> for Line {
    fn from(import: ImportSummary) -> Self {
        let counts = Counts::of(&import);
        let state = match import.state {
            ImportState::Previewed => "looked at, not imported yet".to_owned(),
            ImportState::Running => "not finished".to_owned(),
            ImportState::Finished => counts.created,
            ImportState::Undoing => "being taken back".to_owned(),
            ImportState::Undone => "taken back".to_owned(),
        };
        Self {
            id: import.id.to_string(),
            label: import.label,
            format: format_name(&import.format),
            when: import.created_at.into(),
            state,
            is_open: matches!(import.state, ImportState::Previewed | ImportState::Running | ImportState::Undoing),
        }
    }
}
