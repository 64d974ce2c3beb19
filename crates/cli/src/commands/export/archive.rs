//! `export --format archive`: everything that this device has, in one ZIP.

use std::io::{Seek, Write};

use holdfast_device::ListQuery;
use holdfast_files::{ArchiveWriter, Listed};
use holdfast_host::now;
use serde_json::{Map, Value, json};

use super::{PAGE, Written, export_place};
use crate::args::Filter;
use crate::exit::Failure;
use crate::store::Store;

/// Refuses what would make the archive less than complete.
pub(super) fn check(filter: &Filter) -> Result<(), Failure> {
    let Filter { text, category, tag, state, trash } = filter;
    if text.is_empty() && category.is_none() && tag.is_none() && state.is_none() && !trash {
        return Ok(());
    }
    Err(Failure::usage("An archive holds everything, the trash too; nothing was written.")
        .hint("Leave the filter out, or take another format."))
}

/// Writes it. A device does not keep what places were before they were changed; the archive says so.
pub(super) fn write(store: &Store, out: &mut (impl Write + Seek)) -> Result<Written, Failure> {
    let mut written = Written::default();
    let mut archive = ArchiveWriter::new(out, now())?;
    for list in [Listed::Places, Listed::PlacesAsGpx, Listed::PlacesAsCsv, Listed::Trash] {
        archive.begin(list)?;
        let mut query = ListQuery { trash: list == Listed::Trash, limit: PAGE, ..ListQuery::default() };
        loop {
            let page = store.list(&query)?;
            for view in &page.places {
                written.places += u64::from(list == Listed::Places);
                let mut more = Map::new();
                let mut set = |name: &str, value: Value| more.insert(name.to_owned(), value);
                set("id", json!(view.id));
                set("version", json!(view.version));
                set("source", json!(view.source));
                set("role", json!(view.role));
                set("state", json!(view.state));
                if let Some(deleted_at) = view.deleted_at {
                    set("deletedAt", json!(deleted_at));
                }
                archive.place(&export_place(view), more)?;
            }
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
    }
    archive.finish()?;
    Ok(written)
}
