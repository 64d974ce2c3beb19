//! Writes KML 2.2 that validates against its schema (OGC 07-147r2, `ogckml22.xsd`).

use std::io::{self, Write};

use holdfast_contract::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::html;
use crate::kml_draft::OURS;
use crate::write::{ExportPlace, xml_text};

/// Writes places one by one as placemarks.
pub struct KmlWriter<W: Write> {
    xml: Writer<W>,
}

impl<W: Write> KmlWriter<W> {
    /// Begins the file.
    pub(crate) fn new(out: W, now: Timestamp) -> io::Result<Self> {
        let mut xml = Writer::new_with_indent(out, b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let root = BytesStart::new("kml").with_attributes([("xmlns", "http://www.opengis.net/kml/2.2")]);
        xml.write_event(Event::Start(root))?;
        let mut writer = Self { xml };
        writer.start("Document")?;
        writer.element("name", "Holdfast")?;
        writer.element("description", &format!("Exported {now}"))?;
        Ok(writer)
    }

    /// Writes a place, unless it has no position: nothing could be shown. The order of the elements is the schema's.
    pub(crate) fn write(&mut self, place: &ExportPlace) -> io::Result<bool> {
        let Some((position, position_source)) = place.position else { return Ok(false) };
        self.start("Placemark")?;
        if let Some(name) = &place.name {
            self.element("name", name.as_str())?;
        }
        if let Some(note) = &place.note {
            // Viewers show a description as HTML: what a person wrote is never markup.
            self.element("description", &html::from_text(note.as_str()))?;
        }
        self.start("TimeStamp")?;
        self.element("when", &place.captured_at.to_string())?;
        self.end("TimeStamp")?;
        self.start("ExtendedData")?;
        if let Some(client_id) = place.client_id {
            self.data("clientId", &client_id.to_string())?;
        }
        self.data("positionSource", position_source.as_str())?;
        if let Some(category) = &place.category {
            self.data("category", category.as_str())?;
        }
        for tag in place.tags.iter() {
            self.data("tag", tag.as_str())?;
        }
        if let Some(accuracy) = position.accuracy {
            self.data("accuracy", &accuracy.get().to_string())?;
        }
        self.end("ExtendedData")?;
        self.start("Point")?;
        let mut coordinates = format!("{},{}", position.longitude.get(), position.latitude.get());
        if let Some(altitude) = position.altitude {
            self.element("altitudeMode", "absolute")?;
            coordinates = format!("{coordinates},{}", altitude.get());
        }
        self.element("coordinates", &coordinates)?;
        self.end("Point")?;
        self.end("Placemark")?;
        Ok(true)
    }

    /// Ends the file.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.into_inner()?.flush()
    }

    /// Ends the file and gives its output back, unflushed.
    pub(crate) fn into_inner(mut self) -> io::Result<W> {
        self.end("Document")?;
        self.end("kml")?;
        let mut out = self.xml.into_inner();
        out.write_all(b"\n")?;
        Ok(out)
    }

    fn start(&mut self, name: &str) -> io::Result<()> {
        self.xml.write_event(Event::Start(BytesStart::new(name)))
    }

    fn end(&mut self, name: &str) -> io::Result<()> {
        self.xml.write_event(Event::End(BytesEnd::new(name)))
    }

    fn data(&mut self, name: &str, value: &str) -> io::Result<()> {
        let name = format!("{OURS}{name}");
        self.xml.write_event(Event::Start(BytesStart::new("Data").with_attributes([("name", name.as_str())])))?;
        self.element("value", value)?;
        self.end("Data")
    }

    fn element(&mut self, name: &str, text: &str) -> io::Result<()> {
        let text = xml_text(text);
        self.start(name)?;
        self.xml.write_event(Event::Text(BytesText::new(&text)))?;
        self.end(name)
    }
}
