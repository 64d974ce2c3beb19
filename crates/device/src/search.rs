//! Text as it is searched: lower case, without marks, in compatibility form.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::shown::Shown;

/// Brings `text` into the form in which it is compared.
pub(crate) fn normalise(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Lower case may itself bring marks (İ → i̇), so it comes first.
    text.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

/// Everything of a place that is searched, line by line.
pub(crate) fn text_of(shown: &Shown) -> String {
    let mut text = String::new();
    let parts = [
        shown.name.as_ref().map(holdfast_contract::text::Text::as_str),
        shown.note.as_ref().map(holdfast_contract::text::Text::as_str),
    ]
    .into_iter()
    .chain([shown.category.as_ref().map(holdfast_contract::text::Text::as_str)])
    .flatten()
    .chain(shown.tags.iter().map(holdfast_contract::text::Text::as_str));
    for part in parts {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&normalise(part));
    }
    text
}

/// The words of a search, each of which has to occur. A `#` in front of one is how tags are shown, and no part of it.
pub(crate) fn words(query: &str) -> Vec<String> {
    let bare = |word: &str| match word.trim_start_matches('#') {
        "" => word.to_owned(),
        bare => bare.to_owned(),
    };
    normalise(query).split_whitespace().map(bare).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_ligatures_do_not_matter() {
        assert_eq!(normalise("Café Ｆｊord ﬁn İZMİR Ångström"), "cafe fjord fin izmir angstrom");
        assert_eq!(words("  Großer  SEE "), ["großer", "see"]);
        assert_eq!(words("#mush ＃Oak # a#b"), ["mush", "oak", "#", "a#b"]);
    }
}
