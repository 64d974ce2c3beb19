//! Pages as a browser reads them: forms, words, and what must hold for each.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use scraper::{ElementRef, Html, Selector};

use crate::harness::Page;

/// No script but our own files, nothing inline, nobody else's servers, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Maps of others that a place's page may lead to.
const MAPS: [&str; 3] =
    ["https://www.openstreetmap.org/?", "https://maps.apple.com/?", "https://www.google.com/maps/search/?"];

/// A form as it stands on a page, to be changed and sent.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) is_multipart: bool,
    fields: Vec<(String, String)>,
    /// What can be chosen: of radio buttons and lists.
    choices: Vec<(String, String)>,
}

impl Form {
    fn read(form: ElementRef<'_>) -> Self {
        let mut fields = Vec::new();
        let mut choices = Vec::new();
        for input in form.select(&selector("input, textarea, select")) {
            let attribute = |name: &str| input.attr(name).unwrap_or_default().to_owned();
            let name = attribute("name");
            if name.is_empty() || input.attr("disabled").is_some() {
                continue;
            }
            match (input.value().name(), attribute("type").as_str()) {
                ("textarea", _) => fields.push((name, input.text().collect())),
                ("select", _) => {
                    let options: Vec<_> = input.select(&selector("option")).collect();
                    choices.extend(options.iter().map(|o| (name.clone(), o.attr("value").unwrap().to_owned())));
                    let chosen = options.iter().find(|o| o.attr("selected").is_some()).or(options.first());
                    fields.extend(chosen.map(|o| (name, o.attr("value").unwrap().to_owned())));
                }
                (_, "radio" | "checkbox") => {
                    choices.push((name.clone(), attribute("value")));
                    if input.attr("checked").is_some() {
                        fields.push((name, attribute("value")));
                    }
                }
                (_, "submit" | "file") => {}
                _ => fields.push((name, attribute("value"))),
            }
        }
        Self {
            action: form.attr("action").unwrap().to_owned(),
            is_multipart: form.attr("enctype") == Some("multipart/form-data"),
            fields,
            choices,
        }
    }

    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.fields.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(n, _)| n == name);
        field.map_or_else(|| panic!("no field {name} in {self:?}"), |(_, value)| value.as_str())
    }

    /// With something else typed into a field.
    #[track_caller]
    pub(crate) fn fill(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(n, _)| n == name);
        let (_, field) = field.unwrap_or_else(|| panic!("no field {name}"));
        value.clone_into(field);
        self
    }

    /// With a radio button pressed or a line of a list chosen.
    #[track_caller]
    pub(crate) fn choose(mut self, name: &str, value: &str) -> Self {
        let choice = (name.to_owned(), value.to_owned());
        assert!(self.choices.contains(&choice), "{choice:?} can't be chosen: {:?}", self.choices);
        self.fields.retain(|(n, _)| n != name);
        self.fields.push(choice);
        self
    }

    /// With a value that no page of ours sends so.
    pub(crate) fn forge(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What is sent: line ends are those of the network.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let lines = |value: &str| value.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
        self.fields.iter().map(|(name, value)| (name.clone(), lines(value))).collect()
    }
}

impl Page {
    fn document(&self) -> Html {
        Html::parse_document(&self.text)
    }

    /// The forms that are sent to this address.
    pub(crate) fn forms(&self, action: &str) -> Vec<Form> {
        let document = self.document();
        document.select(&selector("form")).map(Form::read).filter(|form| form.action == action).collect()
    }

    /// The one form that is sent to this address.
    #[track_caller]
    pub(crate) fn form(&self, action: &str) -> Form {
        let mut forms = self.forms(action);
        assert_eq!(forms.len(), 1, "forms to {action} in {}", self.text);
        forms.remove(0)
    }

    /// The words in these elements, one string each.
    pub(crate) fn all(&self, css: &str) -> Vec<String> {
        self.document().select(&selector(css)).map(words).collect()
    }

    /// The words in the one such element.
    #[track_caller]
    pub(crate) fn one(&self, css: &str) -> String {
        let mut all = self.all(css);
        assert_eq!(all.len(), 1, "{css} in {}", self.text);
        all.remove(0)
    }

    /// An attribute of these elements.
    pub(crate) fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let document = self.document();
        document.select(&selector(css)).map(|e| e.attr(name).unwrap_or_default().to_owned()).collect()
    }

    /// The words of the whole content.
    pub(crate) fn words(&self) -> String {
        self.one("main")
    }

    pub(crate) fn heading(&self) -> String {
        self.one("h1")
    }

    /// What was done just now.
    #[track_caller]
    pub(crate) fn notice(&self) -> String {
        self.one("p.notice")
    }

    /// What is wrong with a field.
    #[track_caller]
    pub(crate) fn error_at(&self, field: &str) -> String {
        self.one(&format!("#{field}-error"))
    }

    #[track_caller]
    pub(crate) fn says(&self, what: &str) -> &Self {
        let words = self.words();
        assert!(words.contains(what), "no “{what}” in: {words}");
        self
    }
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap()
}

fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What must hold for every answer of the web platform, and for every page.
#[track_caller]
pub(crate) fn check(page: &Page) {
    if holdfast_api::is_served(&page.path) {
        return;
    }
    let at = &page.path;
    assert_eq!(page.header("content-security-policy"), POLICY, "{at}");
    assert!(!POLICY.contains("unsafe"));
    assert_eq!(page.header("x-frame-options"), "DENY", "{at}");
    assert_eq!(page.header("referrer-policy"), "same-origin", "{at}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{at}");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{at}");
    assert_eq!(page.header("cross-origin-resource-policy"), "same-origin", "{at}");
    assert!(page.header("permissions-policy").contains("geolocation=(self)"), "{at}");
    assert!(!page.header("x-request-id").is_empty(), "{at}");
    let is_kept = page.status == StatusCode::OK && (at.starts_with("/assets/") || at.starts_with("/map/tiles/"));
    let is_tile = page.status == StatusCode::NO_CONTENT && at.starts_with("/map/tiles/");
    if !is_kept && !is_tile {
        // A form is kept for the way back, by the browser alone.
        let is_form = at.ends_with("/edit") || at == "/places/new";
        let expected = if is_form { "private, no-cache" } else { "no-store" };
        assert_eq!(page.header("cache-control"), expected, "{at}");
    }
    if page.header("content-type").starts_with("text/html") {
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{at}");
        check_markup(page);
    } else {
        assert!(!page.status.is_client_error() && !page.status.is_server_error(), "{at}: a bare {}", page.status);
    }
}

#[track_caller]
fn check_markup(page: &Page) {
    let at = &page.path;
    let document = page.document();
    let (mut ids, mut labelled) = (BTreeSet::new(), BTreeSet::new());
    for element in document.select(&selector("*")) {
        let (tag, attribute) = (element.value().name(), |name: &str| element.attr(name));
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on") && name != "style", "{at}: {tag} has {name}={value}");
            assert!(!value.trim_start().to_ascii_lowercase().starts_with("javascript:"), "{at}: {tag} {name}={value}");
        }
        assert!(!["style", "base", "iframe", "object", "embed"].contains(&tag), "{at}: there is a {tag}");
        if let Some(id) = attribute("id") {
            assert!(ids.insert(id.to_owned()), "{at}: the id {id} is there twice");
        }
        let own = |url: Option<&str>| url.is_some_and(|url| url.starts_with('/') && !url.starts_with("//"));
        match tag {
            "script" => {
                assert!(
                    attribute("src").is_some_and(|src| src.starts_with("/assets/")),
                    "{at}: a script of {:?}",
                    attribute("src")
                );
                assert_eq!(element.text().collect::<String>(), "", "{at}: an inline script");
            }
            "link" | "img" => assert!(own(attribute("href").or(attribute("src"))), "{at}: {}", element.html()),
            "a" => {
                let href = attribute("href").unwrap_or_default();
                // The one way out: to maps of others, where a person asks for one, which don't learn from where.
                let is_map = MAPS.iter().any(|map| href.starts_with(map)) && attribute("rel") == Some("noreferrer");
                let is_fine = own(Some(href)) || href.starts_with('#') || href.starts_with("geo:") || is_map;
                assert!(is_fine, "{at}: a link to {href}");
            }
            "form" => {
                assert!(own(attribute("action")), "{at}: a form to {:?}", attribute("action"));
                let is_get = attribute("method") == Some("get");
                assert!(is_get || attribute("method") == Some("post"), "{at}: a form without its method");
            }
            "label" => labelled.extend(attribute("for").map(str::to_owned)),
            _ => {}
        }
    }
    for label in &labelled {
        assert!(ids.contains(label), "{at}: a label for {label}, which is not there");
    }
    for input in document.select(&selector("input:not([type=hidden]):not([hidden]), select, textarea")) {
        let is_within = input.ancestors().filter_map(ElementRef::wrap).any(|e| e.value().name() == "label");
        let is_named = input.attr("id").is_some_and(|id| labelled.contains(id)) || input.attr("aria-label").is_some();
        assert!(is_within || is_named, "{at}: nothing says what {} is", input.html());
    }
    assert_eq!(page.all("h1").len(), 1, "{at}: one heading of the page");
    assert_eq!(page.all("main").len(), 1, "{at}");
    assert!(page.one("title").ends_with(" · Holdfast"), "{at}");
    assert_eq!(page.attributes("html", "lang"), ["en"], "{at}");
}
