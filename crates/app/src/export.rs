//! Files for the person to keep.

use holdfast_contract::{OpId, Timestamp};
use holdfast_device::{Device, PlaceView};
use holdfast_files::{ExportPlace, Format, Writer};

use crate::answers::{Exported, TextFile};
use crate::args::{Export, ExportFormat, List};
use crate::failure::{Failure, FailureCode};
use crate::read;

/// Places read at a time.
const PAGE: u32 = 500;

/// Places in one of the formats that are text. Without a filter: everything that is not in the trash.
pub(crate) fn places(device: &Device, export: &Export, now: Timestamp) -> Result<Exported, Failure> {
    let format = match export.format {
        ExportFormat::Gpx => Format::Gpx,
        ExportFormat::GeoJson => Format::GeoJson,
        ExportFormat::Csv => Format::Csv,
        ExportFormat::Kml => Format::Kml,
    };
    let mut query =
        export.filter.as_ref().map(|filter| read::query(&List { after: None, ..filter.clone() })).transpose()?;
    let query = query.get_or_insert_default();
    query.limit = PAGE;
    let (mut bytes, mut places, mut without_position) = (Vec::new(), 0, 0);
    let mut writer = Writer::new(format, &mut bytes, now).map_err(|error| broken(&error))?;
    loop {
        let page = device.list(query)?;
        for view in page.places {
            let written = writer.write(&to_write(view)).map_err(|error| broken(&error))?;
            let count = if written { &mut places } else { &mut without_position };
            *count += 1;
        }
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    writer.finish().map_err(|error| broken(&error))?;
    let name = format!("holdfast-{}.{}", day(now), format.extension());
    Ok(Exported { file: file(name, format.media_type(), bytes)?, places, without_position })
}

/// Unsent operations as JSON: each with its state, and its place as the person sees it.
pub(crate) fn outbox(device: &Device, op_id: Option<OpId>, now: Timestamp) -> Result<TextFile, Failure> {
    let json = device.export_outbox(op_id)?;
    let text = serde_json::to_string_pretty(&json).map_err(|error| broken(&error))?;
    file(format!("holdfast-unsent-{}.json", day(now)), "application/json", text.into_bytes())
}

fn file(name: String, media_type: &str, bytes: Vec<u8>) -> Result<TextFile, Failure> {
    let text = String::from_utf8(bytes).map_err(|error| broken(&error))?;
    Ok(TextFile { name, media_type: media_type.to_owned(), text })
}

fn to_write(view: PlaceView) -> ExportPlace {
    ExportPlace {
        client_id: view.client_id,
        name: view.name,
        note: view.note,
        category: view.category,
        tags: view.tags,
        position: view.position.zip(view.position_source),
        captured_at: view.captured_at,
    }
}

fn day(now: Timestamp) -> String {
    now.to_string().chars().take(10).collect()
}

/// Writing to memory fails only by a bug.
fn broken(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(FailureCode::Unexpected).with_detail(error.to_string())
}
