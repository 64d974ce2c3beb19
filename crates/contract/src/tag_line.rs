//! Tags as one line of text, as a person types them: separated by commas; one with a comma in it, a quote or a `#` in front
//! stands in quotes.

use crate::Tags;
use crate::text::Text;

/// The tags as a form shows them.
pub fn join(tags: &Tags) -> String {
    join_words(tags.iter().map(Text::as_str))
}

/// The same for tags that nobody has read yet.
pub fn join_words<'t>(tags: impl Iterator<Item = &'t str>) -> String {
    tags.map(quoted).collect::<Vec<_>>().join(", ")
}

fn quoted(tag: &str) -> String {
    let is_plain = !tag.contains([',', '"', '\n']) && !tag.starts_with('#');
    if is_plain { tag.to_owned() } else { format!("\"{}\"", tag.replace('"', "\"\"")) }
}

/// The tags that a person typed, not yet judged; a `#` in front of one is a habit and no part of it.
pub fn split(line: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (tag, behind) = unquote(quoted);
            tags.push(tag);
            rest = behind.trim_start().trim_start_matches(',').trim_start();
            continue;
        }
        let (tag, behind) = rest.split_once([',', '\n']).unwrap_or((rest, ""));
        tags.push(tag.trim().trim_start_matches('#').to_owned());
        rest = behind.trim_start();
    }
    tags.retain(|tag| !tag.trim().is_empty());
    tags
}

/// What stands before the closing quote, and what behind it. Without one, the quote was no quote.
fn unquote(text: &str) -> (String, &str) {
    let mut tag = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' if letters.peek().is_some_and(|(_, next)| *next == '"') => {
                letters.next();
                tag.push('"');
            }
            '"' => return (tag, &text[at + 1..]),
            other => tag.push(other),
        }
    }
    (text.to_owned(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_tags_is_read_back_as_it_was() {
        for words in [&["a", "b c"][..], &["a,b", "#c", "say \"hi\"", "two\nlines"], &[]] {
            let tags = Tags::parse(words, "tags").unwrap();
            let again = Tags::parse(split(&join(&tags)), "tags").unwrap();
            assert_eq!(again, tags, "{}", join(&tags));
        }
    }

    #[test]
    fn tags_are_read_as_people_type_them() {
        assert_eq!(split(" #tree, old ,,  quiet place,"), ["tree", "old", "quiet place"]);
        assert_eq!(split("\"a, b\" c, d"), ["a, b", "c", "d"]);
        assert_eq!(split("\"never closed, x"), ["never closed, x"]);
        assert!(split(" , ").is_empty());
    }
}
