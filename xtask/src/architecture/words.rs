//! What must not be written where.

use super::Violation;
use super::source::{Source, is_word};

/// Something that must not be found in the files of some crates.
struct Rule {
    /// Whether a crate (by the name of its folder) is bound by it.
    applies: fn(&str) -> bool,
    /// Where to look.
    look: Look,
    /// What must not be there.
    words: &'static [&'static str],
    /// Why.
    why: &'static str,
}

enum Look {
    /// In code, but not in tests.
    Code,
    /// In string literals, but not in tests.
    Literals,
    /// In code, tests too.
    AllCode,
}

const RULES: [Rule; 6] = [
    Rule {
        applies: is_pure,
        look: Look::Code,
        words: &[
            "SystemTime::now",
            "Instant::now",
            "Utc::now",
            "Local::now",
            "Timestamp::now",
            "Zoned::now",
            "Uuid::now_v7",
            "Uuid::new_v4",
            "Uuid::new_v7",
            "rand::",
            "getrandom::",
            "fastrand::",
            "RandomState::new",
            "std::thread",
            "thread::spawn",
            "thread::sleep",
            "std::net",
            "tokio::",
        ],
        why: "clock, chance, threads and network are handed in, so that a seed replays everything",
    },
    Rule {
        applies: is_pure,
        look: Look::Literals,
        words: &[
            "CURRENT_TIMESTAMP",
            "CURRENT_TIME",
            "CURRENT_DATE",
            "datetime('now'",
            "date('now'",
            "strftime(",
            "julianday(",
            "unixepoch(",
            "random()",
            "RANDOM()",
            "randomblob(",
        ],
        why: "SQLite's clock and chance are the system's, and the device core is handed both",
    },
    Rule {
        applies: |name| ["api", "web"].contains(&name),
        look: Look::Code,
        words: &["sqlx", "PgPool", "PgConnection", "holdfast_store"],
        why: "what speaks to the outside knows no database",
    },
    Rule {
        applies: |name| ["api", "web"].contains(&name),
        look: Look::Literals,
        words: &["SELECT ", "INSERT INTO", "UPDATE SET", "DELETE FROM", "BEGIN;"],
        why: "what speaks to the outside contains no SQL",
    },
    Rule {
        applies: |name| ["service", "server", "api", "web"].contains(&name),
        look: Look::Code,
        words: &[
            "sqlx::query",
            "query!",
            "query_as!",
            "query_scalar!",
            "query_unchecked!",
            "query_as_unchecked!",
            "query_scalar_unchecked!",
            "raw_sql",
        ],
        why: "the server's SQL is in the store",
    },
    Rule {
        applies: |name| name != "postgres",
        look: Look::AllCode,
        words: &["unsafe"],
        why: "the PostgreSQL launcher is the only crate that may need it",
    },
];

/// Where a transaction's beginning is spelled out, for the service to call.
const POOL: &str = "crates/store/src/pool.rs";

/// Only the service opens transactions. (The simulator may do anything, and the device's SQLite is not meant.)
const TRANSACTIONS: Rule = Rule {
    applies: |name| ["store", "api", "web", "server"].contains(&name),
    look: Look::Code,
    words: &[
        ".begin(",
        ".begin_with(",
        ".begin_as(",
        ".try_begin_as(",
        ".begin_as_in_epoch(",
        "batch::create_places(",
        ".begin_for_job(",
        "Pool::begin",
        "Transaction::begin",
        "Connection::begin",
    ],
    why: "only the service opens PostgreSQL transactions, so that a rule and its effect cannot be torn apart",
};

fn is_pure(name: &str) -> bool {
    ["contract", "device"].contains(&name)
}

/// Looks for everything everywhere.
pub(super) fn check(sources: &[Source]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for source in sources {
        let transactions = (source.path != POOL).then_some(&TRANSACTIONS);
        for rule in RULES.iter().chain(transactions) {
            if (rule.applies)(source.crate_folder()) {
                violations.extend(find(rule, source));
            }
        }
    }
    violations
}

fn find(rule: &Rule, source: &Source) -> Vec<Violation> {
    let text = match rule.look {
        Look::Code if !source.is_test => &source.code,
        Look::Literals if !source.is_test => &source.literals,
        Look::AllCode => &source.code,
        Look::Code | Look::Literals => return Vec::new(),
    };
    let found = rule.words.iter().flat_map(|word| occurrences(text, word).map(move |at| (at, word)));
    found
        .map(|(at, word)| Violation {
            place: format!("{}:{}", source.path, Source::line(text, at)),
            what: format!("`{}`: {}", word.trim(), rule.why),
        })
        .collect()
}

/// Where a word stands by itself. `UPDATE SET` stands for an `UPDATE` with a `SET` behind it.
fn occurrences<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let needle = if word == "UPDATE SET" { "UPDATE " } else { word };
    let bytes = text.as_bytes();
    text.match_indices(needle).map(|(at, _)| at).filter(move |&at| {
        let end = at + needle.len();
        let before = at > 0 && is_word(bytes[at - 1]) && is_word(bytes[at]);
        let after = end < bytes.len() && is_word(bytes[end]) && is_word(bytes[end - 1]);
        // Names may go on behind a path or a beginning: `rand::random`, `sqlx::query_as`.
        let continues = ["sqlx::query", "std::thread", "std::net"].contains(&word);
        !before && (!after || continues) && (needle == word || text[end..].contains("SET"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let sources = [Source::new(path.into(), text)];
        check(&sources).into_iter().map(|violation| format!("{} {}", violation.place, violation.what)).collect()
    }

    fn caught(path: &str, text: &str, word: &str) {
        let found = found(path, text);
        assert!(found.iter().any(|line| line.contains(word)), "{path}: {text}: {found:?}");
    }

    #[test]
    fn a_clock_chance_or_network_in_a_pure_crate_is_caught() {
        for (path, text) in [
            ("crates/device/src/a.rs", "let now = std::time::SystemTime::now();"),
            ("crates/device/src/a.rs", "fn f() { Instant::now(); }"),
            ("crates/contract/src/a.rs", "chrono::Utc::now()"),
            ("crates/contract/src/a.rs", "Uuid::now_v7()"),
            ("crates/device/src/a.rs", "rand::random()"),
            ("crates/device/src/a.rs", "use std::thread;"),
            ("crates/device/src/a.rs", "use std::net::TcpStream;"),
        ] {
            assert_eq!(found(path, text).len(), 1, "{text}");
        }
        caught("crates/device/src/a.rs", "\"INSERT INTO t VALUES (unixepoch('now'))\"", "unixepoch(");
        caught("crates/device/src/schema.sql", "at INTEGER DEFAULT CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP");
    }

    #[test]
    fn what_only_looks_like_it_is_not_caught() {
        for text in [
            "operand::value(); strand::f(); Myrand::x();",
            "// SystemTime::now is handed in",
            "let words = \"SystemTime::now\";",
            "#[cfg(test)] mod tests { fn f() { Instant::now(); } }",
        ] {
            assert!(found("crates/device/src/a.rs", text).is_empty(), "{text}");
        }
        // Other crates may look at the clock.
        assert!(found("crates/host/src/a.rs", "Instant::now()").is_empty());
        assert!(found("crates/device/tests/a.rs", "Instant::now()").is_empty());
    }

    #[test]
    fn sql_above_the_store_is_caught() {
        caught("crates/api/src/a.rs", "use sqlx::PgPool;", "`sqlx`");
        caught("crates/api/src/a.rs", "let q = \"SELECT 1\";", "`SELECT`");
        caught("crates/api/src/a.rs", "let q = r#\"UPDATE places SET name = ''\"#;", "`UPDATE SET`");
        caught("crates/service/src/a.rs", "sqlx::query_as!(T, \"SELECT 1\")", "sqlx::query");
        caught("crates/service/src/a.rs", "query!(\"SELECT 1\")", "query!");
        assert!(found("crates/api/src/a.rs", "\"select a place; UPDATE your app\"").is_empty());
        assert!(found("crates/store/src/a.rs", "sqlx::query!(\"SELECT 1\")").is_empty());
    }

    #[test]
    fn a_transaction_outside_the_service_is_caught() {
        for path in ["crates/store/src/a.rs", "crates/api/src/a.rs", "crates/server/src/a.rs"] {
            caught(path, "let t = pool.begin().await?;", ".begin(");
            caught(path, "let t = pool\n    .begin_with(\"BEGIN\").await?;", "a.rs:2");
        }
        caught("crates/api/src/a.rs", "pool.begin_as(actor).await?", ".begin_as(");
        for path in ["crates/service/src/a.rs", POOL] {
            assert!(found(path, "pool.begin().await").is_empty());
        }
        assert!(found("crates/server/src/a.rs", "service.begin_setup().await").is_empty());
        assert!(found("crates/store/src/a.rs", "#[cfg(test)] mod tests { fn f() { pool.begin() } }").is_empty());
    }

    #[test]
    fn unsafe_code_is_caught_even_in_tests() {
        caught("crates/device/src/a.rs", "unsafe { f() }", "`unsafe`");
        caught("crates/host/tests/a.rs", "unsafe fn f() {}", "`unsafe`");
        assert!(found("crates/host/src/a.rs", "#![forbid(unsafe_code)] // unsafe\nlet a = \"unsafe\";").is_empty());
        assert!(found("crates/postgres/src/a.rs", "unsafe { f() }").is_empty());
    }
}
