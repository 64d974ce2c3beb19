//! Readable text out of the HTML that other makers put into descriptions, and our own text into such a place.

/// Elements that begin on a line of their own.
const BLOCKS: [&str; 16] =
    ["br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote"];
/// Elements whose content nobody is meant to read.
const HIDDEN: [&str; 4] = ["script", "style", "head", "title"];
/// The longest name of an entity that is looked for.
const ENTITY_MAX: usize = 10;

/// What a person sees of a description: tags become lines or nothing, links keep their address, and characters that are
/// written as entities become themselves. Text without tags is left as it is otherwise.
pub(crate) fn to_text(html: &str) -> String {
    if !html.contains('<') || next_tag(html).is_none() {
        return unescape(html);
    }
    let mut out = String::new();
    let mut rest = html;
    let mut link: Option<(String, usize)> = None;
    while let Some((at, end)) = next_tag(rest) {
        push_collapsed(&mut out, &unescape(&rest[..at]));
        let tag = &rest[at..end];
        rest = &rest[end..];
        let (name, closing) = name_of(tag);
        if !closing && HIDDEN.contains(&name.as_str()) {
            let close = format!("</{name}");
            rest = find_ignoring_case(rest, &close).map_or("", |found| &rest[found..]);
        } else if BLOCKS.contains(&name.as_str()) {
            let trimmed = out.trim_end_matches(' ').len();
            out.truncate(trimmed);
            if name == "br" || !(out.is_empty() || out.ends_with('\n')) {
                out.push('\n');
            }
        } else if matches!(name.as_str(), "td" | "th") {
            push_collapsed(&mut out, " ");
        } else if name == "a" && !closing {
            link = value_of(tag, "href").map(|href| (href, out.len()));
        } else if name == "a"
            && let Some((href, from)) = link.take()
        {
            let said = out.get(from..).unwrap_or_default().trim();
            let worth = href.starts_with("http") || href.starts_with("mailto:") || href.starts_with("geo:");
            if worth && !said.contains(href.as_str()) {
                let words = if said.is_empty() { href } else { format!(" ({href})") };
                out.push_str(&words);
            }
        }
    }
    push_collapsed(&mut out, &unescape(rest));
    let lines: Vec<&str> = out.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

/// Our own text for a place where HTML is expected: nothing in it is markup.
pub(crate) fn from_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' => out.push_str("<br>"),
            c => out.push(c),
        }
    }
    out
}

/// The text that [`from_text`] was given, to the letter; `None` where somebody else has written into it since.
pub(crate) fn ours_to_text(html: &str) -> Option<String> {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '>', '&', '\n']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("<br>", '\n')];
        let (written, c) = known.into_iter().find(|(written, _)| rest.starts_with(written))?;
        out.push(c);
        rest = &rest[written.len()..];
    }
    out.push_str(rest);
    Some(out)
}

/// Where the next tag or comment begins and ends.
fn next_tag(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(found) = text[from..].find('<') {
        let at = from + found;
        let rest = &text[at..];
        if rest.starts_with("<!--") {
            return Some((at, rest.find("-->").map_or(text.len(), |end| at + end + 3)));
        }
        let begins = rest[1..]
            .strip_prefix('/')
            .unwrap_or(&rest[1..])
            .starts_with(|c: char| c.is_ascii_alphabetic() || c == '!');
        // What never ends is no tag, and neither is "a < b".
        if begins {
            return rest.find('>').map(|end| (at, at + end + 1));
        }
        from = at + 1;
    }
    None
}

fn name_of(tag: &str) -> (String, bool) {
    let inside = tag.trim_start_matches('<');
    let closing = inside.starts_with('/');
    let name = inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
    (name.to_ascii_lowercase(), closing)
}

fn value_of(tag: &str, name: &str) -> Option<String> {
    let at = find_ignoring_case(tag, &format!("{name}="))? + name.len() + 1;
    let value = &tag[at..];
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => value[1..].split(quote).next()?,
        None => value.split(|c: char| c.is_whitespace() || c == '>').next()?,
    };
    Some(unescape(value.trim()))
}

fn find_ignoring_case(text: &str, what: &str) -> Option<usize> {
    text.as_bytes().windows(what.len()).position(|window| window.eq_ignore_ascii_case(what.as_bytes()))
}

/// White space counts once in HTML.
fn push_collapsed(out: &mut String, text: &str) {
    for c in text.chars() {
        let space = c.is_whitespace();
        if !space {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(ENTITY_MAX).position(|b| b == b';');
        if let Some((end, c)) = end.and_then(|end| Some((end, entity(&rest[1..end])?))) {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    let number = name.strip_prefix('#').map(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    });
    if let Some(number) = number {
        return char::from_u32(number.ok()?).filter(|c| !c.is_control());
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "deg" => '°',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        "ccedil" => 'ç',
        "euro" => '€',
        "copy" => '©',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_becomes_what_a_person_sees_of_it() {
        for (html, text) in [
            ("plain\n  text &amp; more", "plain\n  text & more"),
            ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
            ("one<br>two<BR/>three", "one\ntwo\nthree"),
            ("<p>One</p>\n\n<p>Two   words</p>", "One\nTwo words"),
            ("<table><tr><td>Height</td><td>12&nbsp;m</td></tr><tr><td>x</td></tr></table>", "Height 12 m\nx"),
            ("See <a href=\"https://example.org/?a=1&amp;b\">this</a>.", "See this (https://example.org/?a=1&b)."),
            ("<a href='https://example.org'>https://example.org</a>", "https://example.org"),
            ("<script>alert('<b>')</script>Gone<style>p {}</style>", "Gone"),
            ("<!-- no -->yes<b>!</b>", "yes!"),
            ("<script>never closed", ""),
            ("a &unknown; &#9731; &#x2603; &#0; &", "a &unknown; ☃ ☃ &#0; &"),
            ("broken <b", "broken <b"),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    #[test]
    fn our_own_text_comes_back_to_the_letter_unless_somebody_wrote_into_it() {
        for text in ["", "a <script>b</script> & c > d\n\n  two  spaces\t&lt;", "<br>", "&amp;amp;"] {
            let html = from_text(text);
            assert_eq!(ours_to_text(&html).as_deref(), Some(text));
            assert!(!html.contains("<script"));
        }
        assert_eq!(ours_to_text("a<b>c</b>"), None);
    }
}
