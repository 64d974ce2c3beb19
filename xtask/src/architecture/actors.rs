//! Every function of the store that touches a person's data says for whom it acts.
//!
//! Row-level security is the second wall; this is the first: whoever writes a query has to have the acting user in hand.
//! What has nobody to act for (signing in, the server's own jobs) stands in a list, and that list only shrinks.

use std::collections::{BTreeMap, BTreeSet};

use super::Violation;
use super::source::{Source, is_word, matching};

/// The list of exceptions: `file::function`, and the reason behind a `#`.
pub(super) const EXCEPTIONS: &str = "xtask/store-without-actor.txt";

/// How many exceptions there are. More only for a way in, before it is known who acts, for a job over everybody's rows, or for a
/// command of the administrator's.
const MOST: usize = 41;

/// Types that say who acts. A parameter has to name one of them.
const ACTORS: [&str; 3] = ["Actor", "AccountId", "UserId"];

/// Compares the store's public asynchronous functions with the list.
pub(super) fn check(sources: &[Source], exceptions: &str) -> Vec<Violation> {
    check_up_to(MOST, sources, exceptions)
}

fn check_up_to(most: usize, sources: &[Source], exceptions: &str) -> Vec<Violation> {
    let without: BTreeMap<String, String> = sources
        .iter()
        .filter(|source| source.path.starts_with("crates/store/src/") && !source.is_test)
        .flat_map(functions)
        .filter(|function| !function.names_actor)
        .map(|function| (function.name, function.place))
        .collect();
    let mut listed = BTreeSet::new();
    let mut violations = Vec::new();
    for (number, line) in exceptions.lines().enumerate() {
        let (name, reason) = line.split_once('#').unwrap_or((line, ""));
        let (name, place) = (name.trim(), format!("{EXCEPTIONS}:{}", number + 1));
        let mut complain = |what: &str| {
            let what = format!("`{name}` {what}");
            violations.push(Violation { place: place.clone(), what });
        };
        if name.is_empty() {
            continue;
        }
        if reason.trim().is_empty() {
            complain("has no reason; write it behind a `#`");
        }
        if !without.contains_key(name) {
            complain("is gone, or takes an actor now; take it off the list, which only shrinks");
        }
        if !listed.insert(name) {
            complain("is listed twice");
        }
    }
    if listed.len() != most {
        let what = format!("lists {} functions, not {most}; when it shrinks, lower MOST with it", listed.len());
        violations.push(Violation { place: EXCEPTIONS.to_owned(), what });
    }
    for (name, place) in without.into_iter().filter(|(name, _)| !listed.contains(name.as_str())) {
        let what = format!(
            "`{name}` does not take the acting user ({}): a query on a person's data must say who asks",
            ACTORS.join(", ")
        );
        violations.push(Violation { place, what });
    }
    violations
}

struct Function {
    /// `file::function`.
    name: String,
    place: String,
    names_actor: bool,
}

/// The public asynchronous functions of a file, methods too.
fn functions(source: &Source) -> Vec<Function> {
    const START: &str = "pub async fn ";
    let file = source.path.trim_start_matches("crates/store/src/").trim_end_matches(".rs");
    let mut functions = Vec::new();
    for (at, _) in source.code.match_indices(START) {
        let rest = &source.code[at + START.len()..];
        let length = rest.bytes().take_while(|byte| is_word(*byte)).count();
        let name = &rest[..length];
        // Behind the generic parameters, whose bounds may hold parentheses of their own.
        let generics = if rest[length..].starts_with('<') { matching(rest, length, b'<', b'>') } else { length };
        let open = generics + rest[generics..].find('(').unwrap_or_default();
        let parameters = &rest[open..matching(rest, open, b'(', b')')];
        functions.push(Function {
            name: format!("{file}::{name}"),
            place: format!("{}:{}", source.path, Source::line(&source.code, at)),
            names_actor: words(parameters).any(|word| ACTORS.contains(&word)),
        });
    }
    functions
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: &str = "
        pub async fn places(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<Place>> { todo() }
        pub async fn of_owner<F: Fn(AccountId) -> bool>(conn: &mut PgConnection, keep: F) -> Result<()> { todo() }
        pub async fn purge(conn: &mut PgConnection) -> Result<AccountId> { todo() }
        pub(crate) async fn inner(conn: &mut PgConnection) {}
        #[cfg(test)] mod tests { pub async fn f(conn: &mut PgConnection) {} }
    ";

    fn complaints(most: usize, exceptions: &str) -> Vec<String> {
        let sources = [
            Source::new("crates/store/src/places.rs".into(), STORE),
            Source::new("crates/service/src/places.rs".into(), "pub async fn f() {}"),
        ];
        check_up_to(most, &sources, exceptions).into_iter().map(|violation| violation.to_string()).collect()
    }

    #[test]
    fn a_function_without_an_actor_is_caught() {
        let complaints = complaints(0, "");
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[0].starts_with("crates/store/src/places.rs:3: `places::of_owner` does not take"));
        assert!(complaints[1].starts_with("crates/store/src/places.rs:4: `places::purge` does not take"));
    }

    #[test]
    fn a_listed_function_is_not() {
        let list = "# a comment\n\nplaces::purge # a job of the server\nplaces::of_owner # asks before\n";
        assert_eq!(complaints(2, list), Vec::<String>::new());
    }

    #[test]
    fn a_list_that_grew_is_caught_and_one_that_shrank_stays_small() {
        let list = "places::purge # a job of the server\nplaces::of_owner # asks before\n";
        assert_eq!(
            complaints(1, list),
            ["xtask/store-without-actor.txt: lists 2 functions, not 1; when it shrinks, lower MOST with it"]
        );
        assert_eq!(complaints(3, list).len(), 1);
    }

    #[test]
    fn the_list_may_not_hold_more_than_it_must() {
        let list = "places::purge # job\nplaces::of_owner # b\nplaces::places # not needed\nplaces::purge\n";
        let complaints = complaints(3, list).join("\n");
        assert!(complaints.contains("store-without-actor.txt:3: `places::places` is gone, or takes an actor now"));
        assert!(complaints.contains("store-without-actor.txt:4: `places::purge` has no reason"));
        assert!(complaints.contains("store-without-actor.txt:4: `places::purge` is listed twice"));
    }
}
