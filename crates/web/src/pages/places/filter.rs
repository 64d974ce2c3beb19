//! The filters of the list, as they stand in its address.

use holdfast_contract::place::UnknownWord;
use holdfast_contract::{BoundingBox, Source, Timestamp, limits, tag_line};
use holdfast_service::PlaceFilter;

use crate::failure::Failure;
use crate::form::Form;
use crate::show;

/// Longest search, in characters.
pub(crate) const SEARCH_MAX: usize = limits::NAME_MAX;

/// What the list's address says. Whatever can't be read is left out and said.
#[derive(Clone, Default)]
pub(crate) struct Filters {
    pub(crate) q: String,
    pub(crate) category: String,
    pub(crate) tags: Vec<String>,
    pub(crate) source: String,
    pub(crate) since: String,
    pub(crate) until: String,
    pub(crate) shared: String,
    pub(crate) bbox: String,
    pub(crate) sort: String,
    after: String,
    before: String,
}

impl Filters {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let form = Form::parse(query.unwrap_or_default().as_bytes());
        let text = |name: &str| form.text(name).trim().to_owned();
        // `tag` is exactly one, as links name it; `tags` is what a person typed.
        let typed = form.all("tags").flat_map(tag_line::split).collect::<Vec<_>>();
        let tags = form.all("tag").map(|t| t.trim().to_owned()).chain(typed);
        Self {
            q: text("q"),
            category: text("category"),
            tags: tags.filter(|t| !t.is_empty()).collect(),
            source: text("source"),
            since: text("since"),
            until: text("until"),
            shared: text("shared"),
            bbox: text("bbox"),
            sort: text("sort"),
            after: text("after"),
            before: text("before"),
        }
    }

    /// Whether nothing narrows the list.
    pub(crate) fn is_open(&self) -> bool {
        self.pairs().all(|(name, _)| name == "sort")
    }

    /// What narrows or orders the list, without the page.
    fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let single = [
            ("q", &self.q),
            ("category", &self.category),
            ("source", &self.source),
            ("since", &self.since),
            ("until", &self.until),
            ("shared", &self.shared),
            ("bbox", &self.bbox),
            ("sort", &self.sort),
        ];
        let tags = self.tags.iter().map(|tag| ("tag", tag.as_str()));
        single.into_iter().map(|(name, value)| (name, value.as_str())).filter(|(_, v)| !v.is_empty()).chain(tags)
    }

    fn address<'a>(pairs: impl Iterator<Item = (&'static str, &'a str)>) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        if query.is_empty() { "/places".to_owned() } else { format!("/places?{query}") }
    }

    /// The address of another page of the same list: `after` or `before`.
    pub(crate) fn page(&self, direction: &'static str, cursor: &str) -> String {
        Self::address(self.pairs().chain(std::iter::once((direction, cursor))))
    }

    /// The list's address without one of its filters.
    pub(crate) fn without(&self, name: &str, value: &str) -> String {
        Self::address(self.pairs().filter(|(n, v)| (*n, *v) != (name, value)))
    }

    /// Where the islands ask for the places on the map.
    pub(crate) fn points(&self) -> String {
        let pairs = self.pairs().filter(|(name, _)| *name != "sort").map(|(name, value)| {
            // The map's own `bbox` is what it shows at the moment; here it narrows.
            (if name == "bbox" { "within" } else { name }, value)
        });
        let times = [("since", self.since_time()), ("until", self.until_time())];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.filter(|(name, _)| !matches!(*name, "since" | "until")));
        query.extend_pairs(times.iter().filter_map(|(name, time)| Some((*name, (*time)?.to_string()))));
        let query = query.finish();
        if query.is_empty() { "/v1/places/map".to_owned() } else { format!("/v1/places/map?{query}") }
    }

    /// What is set, for people: words, and the address of the list without it.
    pub(crate) fn chips(&self) -> Vec<(String, String)> {
        self.pairs()
            .filter(|(name, _)| *name != "sort")
            .map(|(name, value)| {
                let words = match name {
                    "q" => format!("“{value}”"),
                    "category" => value.to_owned(),
                    "tag" => format!("#{value}"),
                    "source" => {
                        value.parse().map_or_else(|_| value.to_owned(), |s: Source| format!("from {}", show::source(s)))
                    }
                    "since" => format!("since {value}"),
                    "until" => format!("until {value}"),
                    "shared" => shared_words(value).to_owned(),
                    _ => "this area of the map".to_owned(),
                };
                (words, self.without(name, value))
            })
            .collect()
    }

    fn since_time(&self) -> Option<Timestamp> {
        time(&self.since)
    }

    /// The whole of the last day belongs to it.
    fn until_time(&self) -> Option<Timestamp> {
        let end = time(&self.until)?;
        Some(if self.until.len() == DAY_LENGTH { end.plus_seconds(86_400) } else { end })
    }

    /// As the service takes them.
    pub(crate) fn filter(&self, limit: u32) -> Result<PlaceFilter, Failure> {
        let some = |text: &String| Some(text.clone()).filter(|t| !t.is_empty());
        let source = some(&self.source).map(|s| s.parse()).transpose();
        let source = source.map_err(|e| unknown("source", e))?;
        for (name, text, time) in [("since", &self.since, self.since_time()), ("until", &self.until, self.until_time())]
        {
            if !text.is_empty() && time.is_none() {
                return Err(wrong(name, "must be a day such as 2026-11-25"));
            }
        }
        let bbox = some(&self.bbox).map(|b| BoundingBox::parse("bbox", &b)).transpose();
        Ok(PlaceFilter {
            q: some(&self.q),
            category: some(&self.category),
            tags: self.tags.clone(),
            source,
            since: self.since_time(),
            until: self.until_time(),
            bbox: bbox.map_err(|e| wrong("bbox", &e.detail))?,
            shared: some(&self.shared).map(|s| s.parse()).transpose().map_err(|e| unknown("shared", e))?,
            sort: some(&self.sort).map(|s| s.parse()).transpose().map_err(|e| unknown("sort", e))?.unwrap_or_default(),
            limit: Some(limit),
            after: some(&self.after),
            before: some(&self.before).filter(|_| self.after.is_empty()),
            ..PlaceFilter::default()
        })
    }

    /// The tags as one line of the form.
    pub(crate) fn tag_line(&self) -> String {
        tag_line::join_words(self.tags.iter().map(String::as_str))
    }

    /// Where on the list this page is.
    pub(crate) fn is_first_page(&self) -> bool {
        self.after.is_empty() && self.before.is_empty()
    }
}

/// What can have captured a place, for the form.
pub(crate) const SOURCES: [(&str, &str); 6] = [
    ("iphone", "iPhone"),
    ("android", "Android phone"),
    ("apple_watch", "Apple Watch"),
    ("web", "the web"),
    ("cli", "the command line"),
    ("import", "an import"),
];
/// Who sees a place, for the form.
pub(crate) const SHARED: [(&str, &str); 3] =
    [("mine", "me, as the owner"), ("by_me", "others, because I share it"), ("with_me", "me, because others share it")];
/// Orders of the list, for the form.
pub(crate) const ORDERS: [(&str, &str); 4] =
    [("", "newest first"), ("captured_asc", "oldest first"), ("updated", "last changed first"), ("name", "by name")];

const DAY_LENGTH: usize = "2026-11-25".len();

fn time(text: &str) -> Option<Timestamp> {
    if text.len() == DAY_LENGTH { Timestamp::parse(&format!("{text}T00:00:00Z")) } else { Timestamp::parse(text) }
}

fn wrong(name: &str, detail: &str) -> Failure {
    use holdfast_contract::FieldCode;
    holdfast_service::Error::invalid_parameter(name, FieldCode::InvalidFormat, detail).into()
}

fn unknown(name: &str, error: UnknownWord) -> Failure {
    wrong(name, &error.to_string())
}

fn shared_words(value: &str) -> &'static str {
    match value {
        "mine" => "my own places",
        "with_me" => "shared with me",
        "by_me" => "shared by me",
        _ => "shared",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_narrows_stays_in_the_address_of_the_next_page() {
        let filters = Filters::parse(Some("q=old+oak&tag=a&tags=b,c&sort=name&after=X&since=2026-01-02&nonsense=1"));
        assert_eq!(
            filters.page("after", "Y"),
            "/places?q=old+oak&since=2026-01-02&sort=name&tag=a&tag=b&tag=c&after=Y"
        );
        assert_eq!(filters.without("tag", "b"), "/places?q=old+oak&since=2026-01-02&sort=name&tag=a&tag=c");
        assert_eq!(
            filters.points(),
            "/v1/places/map?q=old+oak&tag=a&tag=b&tag=c&since=2026-01-02T00%3A00%3A00.000000Z"
        );
        assert!(!filters.is_open() && Filters::parse(Some("sort=name&after=X")).is_open());
    }

    #[test]
    fn the_last_day_belongs_to_the_time_asked_for() {
        let filter = Filters::parse(Some("until=2026-01-02")).filter(50).unwrap();
        assert_eq!(filter.until, Timestamp::parse("2026-01-03T00:00:00Z"));
        for wrong in ["until=yesterday", "source=pigeon", "bbox=1,2,3", "sort=random", "shared=all"] {
            assert!(Filters::parse(Some(wrong)).filter(50).is_err(), "{wrong}");
        }
    }
}
