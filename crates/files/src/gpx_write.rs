//! Writes GPX 1.1 that validates against its schema (Topografix, `gpx.xsd`).

use std::io::{self, Write};

use holdfast_contract::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::write::{ExportPlace, xml_text};

/// Namespace of what GPX has no element for: tags, accuracy, and whether a person set the position.
pub(crate) const EXTENSION_NAMESPACE: &str = "urn:holdfast:gpx:1";

/// Writes places one by one as waypoints.
pub struct GpxWriter<W: Write> {
    xml: Writer<W>,
}

impl<W: Write> GpxWriter<W> {
    /// Begins the file.
    pub(crate) fn new(out: W, now: Timestamp) -> io::Result<Self> {
        let mut xml = Writer::new_with_indent(out, b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let root = BytesStart::new("gpx").with_attributes([
            ("version", "1.1"),
            ("creator", "Holdfast"),
            ("xmlns", "http://www.topografix.com/GPX/1/1"),
            ("xmlns:holdfast", EXTENSION_NAMESPACE),
        ]);
        xml.write_event(Event::Start(root))?;
        xml.write_event(Event::Start(BytesStart::new("metadata")))?;
        let mut writer = Self { xml };
        writer.element("time", &now.to_string())?;
        writer.xml.write_event(Event::End(BytesEnd::new("metadata")))?;
        Ok(writer)
    }

    /// Writes a place, unless it has no position: a waypoint needs one. The order of the elements is the schema's.
    pub(crate) fn write(&mut self, place: &ExportPlace) -> io::Result<bool> {
        let Some((position, position_source)) = place.position else { return Ok(false) };
        let longitude = position.longitude.get();
        // The schema ends before 180; it is the same meridian.
        let longitude = if longitude >= 180.0 { -180.0 } else { longitude };
        let latitude = position.latitude.get().to_string();
        let start = BytesStart::new("wpt")
            .with_attributes([("lat", latitude.as_str()), ("lon", longitude.to_string().as_str())]);
        self.xml.write_event(Event::Start(start))?;
        if let Some(altitude) = position.altitude {
            self.element("ele", &altitude.get().to_string())?;
        }
        self.element("time", &place.captured_at.to_string())?;
        if let Some(name) = &place.name {
            self.element("name", name.as_str())?;
        }
        if let Some(note) = &place.note {
            self.element("desc", note.as_str())?;
        }
        if let Some(category) = &place.category {
            self.element("type", category.as_str())?;
        }
        self.xml.write_event(Event::Start(BytesStart::new("extensions")))?;
        if let Some(client_id) = place.client_id {
            self.element("holdfast:clientId", &client_id.to_string())?;
        }
        self.element("holdfast:positionSource", position_source.as_str())?;
        if let Some(accuracy) = position.accuracy {
            self.element("holdfast:accuracy", &accuracy.get().to_string())?;
        }
        for tag in place.tags.iter() {
            self.element("holdfast:tag", tag.as_str())?;
        }
        self.xml.write_event(Event::End(BytesEnd::new("extensions")))?;
        self.xml.write_event(Event::End(BytesEnd::new("wpt")))?;
        Ok(true)
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.xml.write_event(Event::End(BytesEnd::new("gpx")))?;
        let mut out = self.xml.into_inner();
        out.write_all(b"\n")?;
        out.flush()
    }

    fn element(&mut self, name: &str, text: &str) -> io::Result<()> {
        let text = xml_text(text);
        self.xml.write_event(Event::Start(BytesStart::new(name)))?;
        self.xml.write_event(Event::Text(BytesText::new(&text)))?;
        self.xml.write_event(Event::End(BytesEnd::new(name)))
    }
}
