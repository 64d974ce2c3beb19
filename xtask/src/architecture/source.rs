//! Reads Rust just well enough to tell code from comments, literals and tests.

/// One file.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The path from the root of the repository, with `/`.
    pub(super) path: String,
    /// The code, with comments, literals and test code replaced by blanks. Lines are where they were.
    pub(super) code: String,
    /// The contents of string literals, with all else replaced by blanks. SQL files are one literal.
    pub(super) literals: String,
    /// Nothing but test code.
    pub(super) is_test: bool,
    /// Modules declared as `#[cfg(test)] mod name;`.
    test_modules: Vec<String>,
}

impl Source {
    pub(super) fn new(path: String, text: &str) -> Self {
        let folders: Vec<&str> = path.split('/').collect();
        let in_tests = folders.iter().any(|folder| ["tests", "benches", "examples"].contains(folder));
        let mut source = if std::path::Path::new(&path).extension().is_some_and(|found| found == "sql") {
            let (code, literals) = (String::new(), text.to_owned());
            Self { path, code, literals, is_test: false, test_modules: Vec::new() }
        } else {
            let (code, literals) = split(text);
            let is_test = in_tests || code.contains("#![cfg(test)]");
            Self { path, code, literals, is_test, test_modules: Vec::new() }
        };
        source.blank_tests();
        source
    }

    /// The folder name under `crates/`, or `xtask`.
    pub(super) fn crate_folder(&self) -> &str {
        self.path.strip_prefix("crates/").unwrap_or(&self.path).split('/').next().unwrap_or_default()
    }

    /// The number, from 1, of the line that holds this byte.
    pub(super) fn line(text: &str, at: usize) -> usize {
        text[..at].matches('\n').count() + 1
    }

    /// Blanks every item behind a `#[cfg(test)]`.
    fn blank_tests(&mut self) {
        let mut from = 0;
        while let Some(start) = self.code[from..].find("#[cfg(").map(|at| from + at) {
            let attribute = matching(&self.code, start + 1, b'[', b']');
            from = attribute;
            let condition: String = self.code[start..attribute].split_whitespace().collect();
            let for_tests =
                ["#[cfg(test)]", "#[cfg(all(test,", "#[cfg(any(test)"].iter().any(|test| condition.starts_with(test));
            // The feature `testing` belongs to tests too; the crates' check sees to it that nothing else asks for it.
            let testing =
                condition.starts_with("#[cfg(feature=") && self.literals[start..attribute].contains("testing");
            if !for_tests && !testing {
                continue;
            }
            let end = item_end(&self.code, attribute);
            let item = self.code[attribute..end].trim();
            if let Some(name) = item.strip_suffix(';').and_then(|item| item.rsplit_once("mod ")) {
                self.test_modules.push(name.1.trim().to_owned());
            }
            for text in [&mut self.code, &mut self.literals] {
                let blank = blanks(&text[start..end]);
                text.replace_range(start..end, &blank);
            }
            from = end;
        }
    }
}

/// Marks the files of modules that are declared for tests only.
pub(super) fn mark_test_modules(sources: &mut [Source]) {
    let mut folders = Vec::new();
    for source in sources.iter() {
        let Some(stem) = source.path.strip_suffix(".rs") else { continue };
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let own = if ["lib", "main", "mod"].contains(&name) { folder } else { stem };
        folders.extend(source.test_modules.iter().map(|module| format!("{own}/{module}")));
    }
    for source in sources {
        let is_in = |module: &String| {
            source.path.strip_prefix(module.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        source.is_test |= folders.iter().any(is_in);
    }
}

/// The end of the item that begins at or after `at`: behind its `;`, or behind its block.
fn item_end(code: &str, at: usize) -> usize {
    let bytes = code.as_bytes();
    let mut at = at;
    while at < bytes.len() {
        at = match bytes[at] {
            b';' => return at + 1,
            b'{' => return matching(code, at, b'{', b'}'),
            b'(' => matching(code, at, b'(', b')'),
            b'[' => matching(code, at, b'[', b']'),
            _ => at + 1,
        };
    }
    bytes.len()
}

/// The byte behind the bracket that closes the one at or after `at`.
pub(super) fn matching(code: &str, at: usize, open: u8, close: u8) -> usize {
    let mut depth = 0_usize;
    for (offset, &byte) in code.as_bytes()[at..].iter().enumerate() {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + offset + 1;
            }
        }
    }
    code.len()
}

fn blanks(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// Code, and contents of string literals; each as long as the text, with blanks where the other is.
fn split(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let (mut code, mut literals) = (blanks(text).into_bytes(), blanks(text).into_bytes());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let after_word = at > 0 && is_word(bytes[at - 1]);
        if rest.starts_with(b"//") {
            at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        } else if rest.starts_with(b"/*") {
            at += block_comment(rest);
        } else if let Some((prefix, hashes)) = raw_string(rest).filter(|_| !after_word) {
            let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
            let body = &rest[prefix..];
            let length = body.windows(close.len()).position(|end| end == close).unwrap_or(body.len());
            literals[at + prefix..at + prefix + length].copy_from_slice(&body[..length]);
            at = (at + prefix + length + close.len()).min(bytes.len());
        } else if rest[0] == b'"' {
            let length = quoted(&rest[1..]);
            literals[at + 1..=at + length].copy_from_slice(&rest[1..=length]);
            at = (at + length + 2).min(bytes.len());
        } else if let Some(length) = character(rest) {
            at += length;
        } else {
            code[at] = bytes[at];
            at += 1;
        }
    }
    // Only whole literals, comments and ASCII were left out or kept, so both are UTF-8; if not, nothing would be found.
    (String::from_utf8_lossy(&code).into_owned(), String::from_utf8_lossy(&literals).into_owned())
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// The length of a block comment; they nest.
fn block_comment(text: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while at < text.len() {
        if text[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// The length of what opens a raw string, and the number of its hashes.
fn raw_string(text: &[u8]) -> Option<(usize, usize)> {
    let letters = ["r", "br", "cr"]
        .iter()
        .find(|letters| text.starts_with(letters.as_bytes()) && matches!(text.get(letters.len()), Some(b'"' | b'#')))?;
    let hashes = text[letters.len()..].iter().take_while(|byte| **byte == b'#').count();
    let open = letters.len() + hashes;
    (text.get(open) == Some(&b'"')).then_some((open + 1, hashes))
}

/// The length of a string's contents, without the closing quote.
fn quoted(text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() && text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at.min(text.len().saturating_sub(1))
}

/// The length of a character literal; `None` for a lifetime, or anything else.
fn character(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'\'') {
        return None;
    }
    if text.get(1) == Some(&b'\\') {
        // The closing quote is not the character behind the backslash.
        let close = text.get(3..)?.iter().take(12).position(|byte| *byte == b'\'')?;
        return Some(close + 4);
    }
    let first = std::str::from_utf8(&text[1..text.len().min(5)])
        .unwrap_or_else(|error| std::str::from_utf8(&text[1..=error.valid_up_to()]).unwrap_or_default());
    let length = first.chars().next()?.len_utf8();
    (text.get(1 + length) == Some(&b'\'')).then_some(length + 2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn source(text: &str) -> Source {
        Source::new("crates/x/src/lib.rs".into(), text)
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        let text = r##"
            code1(); // comment "with a quote
            /* block /* nested */ still comment */ code2();
            let a = "string \" // not a comment"; code3();
            let b = r#"raw " string"#; code4(b'"', '"', '\'', 'é', '\u{1F600}');
            fn f<'a>(x: &'a str) -> &'a str { code5 }
        "##;
        let source = source(text);
        for code in ["code1", "code2", "code3", "code4", "code5", "&'a str"] {
            assert!(source.code.contains(code), "{code}: {}", source.code);
        }
        for other in ["comment", "string", "raw", "quote"] {
            assert!(!source.code.contains(other), "{other}: {}", source.code);
        }
        assert!(source.literals.contains("not a comment") && source.literals.contains("raw \" string"));
        assert!(!source.literals.contains("code") && !source.literals.contains("nested"));
        assert_eq!(source.code.len(), text.len());
        assert_eq!(source.code.lines().count(), text.lines().count());
        let at = source.code.find("code4").unwrap();
        assert_eq!(Source::line(&source.code, at), 5);
    }

    #[test]
    fn test_code_is_left_out_and_what_follows_is_not() {
        let source = source(
            "before();\n#[cfg(test)]\n#[allow(x)]\nmod tests { fn f() { inside(\"SELECT\") } }\nafter();\n\
             #[cfg(feature = \"a\")] fn kept() {}\n#[cfg(test)] mod more;\nlast();",
        );
        for code in ["before", "after", "kept", "last"] {
            assert!(source.code.contains(code), "{code}");
        }
        assert!(!source.code.contains("inside") && !source.literals.contains("SELECT"));
        assert_eq!(source.test_modules, ["more"]);
    }

    #[test]
    fn files_of_test_modules_are_test_code() {
        let mut sources = vec![
            source("#[cfg(test)] mod more;"),
            Source::new("crates/x/src/more.rs".into(), ""),
            Source::new("crates/x/src/more/inner.rs".into(), ""),
            Source::new("crates/x/src/other.rs".into(), "#[cfg(test)]\nmod cases;"),
            Source::new("crates/x/src/other/cases.rs".into(), ""),
            Source::new("crates/x/tests/all.rs".into(), ""),
            Source::new("crates/x/src/moreover.rs".into(), ""),
            Source::new("crates/x/src/lib.rs".into(), "#[cfg(feature = \"testing\")] pub mod testing;"),
            Source::new("crates/x/src/testing.rs".into(), ""),
        ];
        mark_test_modules(&mut sources);
        let tests: Vec<bool> = sources.iter().map(|source| source.is_test).collect();
        assert_eq!(tests, [false, true, true, false, true, true, false, false, true]);
    }
}
