//! Who may depend on whom.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use super::Violation;

/// Each crate of the workspace (without its `holdfast-`), and which others it may use.
const DIRECTIONS: [(&str, &[&str]); 17] = [
    ("contract", &[]),
    ("device", &["contract"]),
    ("host", &["device", "contract"]),
    // Place file formats, for the command line and for the ways in over HTTP.
    ("files", &["contract"]),
    // What the app's screens can ask, for a browser and for native bindings.
    ("app", &["device", "contract", "files"]),
    ("wasm", &["app", "device", "contract"]),
    ("cli", &["host", "device", "files", "contract"]),
    ("store", &["contract"]),
    ("service", &["store", "contract"]),
    ("http", &["files", "service", "contract"]),
    ("api", &["http", "service", "contract"]),
    ("web", &["files", "http", "service", "contract"]),
    ("postgres", &[]),
    ("server", &["api", "web", "http", "service", "store", "postgres", "contract"]),
    // The simulator, with the shared test harness, is the one place that sees both sides.
    ("sim", &["contract", "device", "host", "cli", "store", "service", "http", "api", "web", "postgres", "server"]),
    // The bodies of the fuzz targets: they call whatever reads bytes from outside, on both sides.
    ("fuzzing", &["contract", "device", "host", "files", "service", "api", "server"]),
    ("xtask", &["postgres"]),
];

/// What tests may use besides: on the server's side a real database, elsewhere the harness that runs a whole server. The
/// pure crates need nothing.
const TESTS_MAY_USE: [(&str, &[&str]); 7] = [
    ("host", &["sim"]),
    ("cli", &["sim"]),
    ("store", &["postgres"]),
    ("service", &["sim", "postgres", "store"]),
    ("api", &["files", "sim", "postgres", "store"]),
    // Pages and JSON over one service, as the server has them.
    ("web", &["api", "sim", "postgres", "store"]),
    ("server", &["sim", "postgres", "store"]),
];

/// Crates without network, clock and chance, on every path.
const PURE: [&str; 4] = ["contract", "device", "files", "app"];

/// What the pure crates must not reach, over however many others.
const NEVER_REACHED: [&str; 10] =
    ["tokio", "async-std", "smol", "mio", "reqwest", "hyper", "ureq", "axum", "tower", "sqlx"];

/// What they must not use themselves. (`uuid` reaches some of them, for functions that are not called: see the words.)
const NEVER_USED: [&str; 6] = ["rand", "getrandom", "fastrand", "rand_core", "futures", "jiff"];

/// The feature behind which a crate keeps what helps the tests of others. What only it needs counts as used by tests, and
/// only tests, the simulator and the fuzz targets may ask for it.
const TESTING: &str = "testing";

/// One crate, and what it depends on.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// Belongs to this workspace.
    pub(super) ours: bool,
    /// What the crate itself and its build script use.
    pub(super) uses: BTreeSet<String>,
    /// What only its tests, or the help it has for the tests of others, use.
    pub(super) tests_use: BTreeSet<String>,
    /// Whose help for tests it uses although it is not a test.
    pub(super) asks_for_testing: BTreeSet<String>,
}

/// All crates by name; several versions of one are one node.
pub(super) type Graph = BTreeMap<String, Node>;

/// The workspace as cargo sees it, with all dependencies.
pub(super) fn workspace() -> Result<Metadata> {
    MetadataCommand::new().current_dir(crate::root()).exec().context("read the workspace with `cargo metadata`")
}

/// The graph of this workspace.
pub(super) fn graph() -> Result<Graph> {
    let metadata = workspace()?;
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    let mut graph = Graph::new();
    for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
        let entry = graph.entry(names[&node.id].clone()).or_default();
        entry.ours |= metadata.workspace_members.contains(&node.id);
        for dependency in &node.deps {
            let only_tests = dependency.dep_kinds.iter().all(|kind| kind.kind == DependencyKind::Development);
            let list = if only_tests { &mut entry.tests_use } else { &mut entry.uses };
            list.insert(names[&dependency.pkg].clone());
        }
    }
    for package in metadata.workspace_packages() {
        let entry = graph.entry(package.name.to_string()).or_default();
        for helper in package.features.get(TESTING).into_iter().flatten().filter_map(|item| item.strip_prefix("dep:")) {
            if entry.uses.remove(helper) {
                entry.tests_use.insert(helper.to_owned());
            }
        }
        let used = package.dependencies.iter().filter(|used| used.kind != DependencyKind::Development);
        let testing = used.filter(|used| used.features.iter().any(|feature| feature == TESTING));
        entry.asks_for_testing.extend(testing.map(|used| used.name.clone()));
    }
    Ok(graph)
}

/// Compares a graph with the directions.
pub(super) fn check(graph: &Graph) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, node) in graph.iter().filter(|(_, node)| node.ours) {
        let mut complain = |what: String| {
            let place = name.clone();
            violations.push(Violation { place, what });
        };
        let short = short(name);
        let Some((_, allowed)) = DIRECTIONS.iter().find(|(name, _)| *name == short) else {
            complain("is new; say in the table of directions which crates it may use".to_owned());
            continue;
        };
        let ours = |used: &&String| graph.get(*used).is_some_and(|node| node.ours);
        for used in node.uses.iter().filter(ours).map(|used| self::short(used)) {
            if !allowed.contains(&used) {
                complain(format!("must not depend on {used}; it may use {}", list(allowed)));
            }
        }
        for used in node.tests_use.iter().filter(ours).map(|used| self::short(used)) {
            let helps = TESTS_MAY_USE.iter().any(|(name, helpers)| *name == short && helpers.contains(&used));
            if used != short && !allowed.contains(&used) && !helps {
                complain(format!("must not depend on {used}, not even in tests"));
            }
        }
        for used in node.asks_for_testing.iter().filter(|_| !["sim", "fuzzing"].contains(&short)) {
            complain(format!("must not use the feature `{TESTING}` of {used} outside its tests"));
        }
        if PURE.contains(&short) {
            for used in NEVER_USED.iter().filter(|used| node.uses.contains(**used)) {
                complain(format!("must not use {used}: clock and chance are handed in"));
            }
            for (reached, path) in reachable(graph, name) {
                if NEVER_REACHED.contains(&reached.as_str()) {
                    complain(format!("must not reach {reached}, but does: {}", path.join(" → ")));
                }
            }
        }
    }
    violations
}

/// Every crate that can be reached, with one of the shortest ways to it.
fn reachable(graph: &Graph, from: &str) -> BTreeMap<String, Vec<String>> {
    let mut paths = BTreeMap::from([(from.to_owned(), vec![from.to_owned()])]);
    let mut queue = std::collections::VecDeque::from([from.to_owned()]);
    while let Some(name) = queue.pop_front() {
        for used in graph.get(&name).into_iter().flat_map(|node| &node.uses) {
            if !paths.contains_key(used) {
                let mut path = paths[&name].clone();
                path.push(used.clone());
                paths.insert(used.clone(), path);
                queue.push_back(used.clone());
            }
        }
    }
    paths
}

/// Every crate obeys the workspace's lints; only the PostgreSQL launcher writes its own, because it needs `unsafe`.
pub(super) fn check_lints(manifests: &[(String, String)]) -> Vec<Violation> {
    let obeys = |text: &str| {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"])
    };
    let disobey = manifests.iter().filter(|(name, text)| short(name) != "postgres" && !obeys(text));
    disobey
        .map(|(name, _)| Violation {
            place: name.clone(),
            what: "must take the workspace's lints: `[lints]`, `workspace = true`".to_owned(),
        })
        .collect()
}

fn short(name: &str) -> &str {
    name.strip_prefix("holdfast-").unwrap_or(name)
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "none of ours".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of `crate: used used, used only in tests`.
    fn graph_of(text: &str) -> Graph {
        let names = |text: &str| -> BTreeSet<String> { text.split_whitespace().map(str::to_owned).collect() };
        let node = |line: &str| {
            let (name, rest) = line.split_once(':').unwrap_or((line, ""));
            let (uses, tests) = rest.split_once(',').unwrap_or((rest, ""));
            let ours = name.trim().starts_with("holdfast-");
            let node = Node { ours, uses: names(uses), tests_use: names(tests), ..Node::default() };
            (name.trim().to_owned(), node)
        };
        text.lines().map(node).collect()
    }

    fn complaints(text: &str) -> Vec<String> {
        check(&graph_of(text)).into_iter().map(|violation| violation.to_string()).collect()
    }

    #[test]
    fn the_intended_directions_are_fine() {
        let text = "holdfast-contract: serde\nholdfast-device: holdfast-contract rusqlite\nholdfast-sim: holdfast-device \
                    holdfast-store\nholdfast-store: holdfast-contract sqlx\nserde:\nrusqlite:\nsqlx: tokio";
        assert_eq!(complaints(text), Vec::<String>::new());
    }

    #[test]
    fn a_device_that_sees_the_server_is_caught() {
        for used in ["store", "service", "api", "server", "sim", "host"] {
            let text = format!("holdfast-device: holdfast-{used}\nholdfast-{used}:");
            let complaints = complaints(&text);
            assert_eq!(complaints, [format!("holdfast-device: must not depend on {used}; it may use contract")]);
        }
        let text = "holdfast-cli: holdfast-store\nholdfast-store:";
        assert!(complaints(text)[0].contains("must not depend on store; it may use host, device, files, contract"));
    }

    #[test]
    fn a_layer_that_is_skipped_is_caught() {
        let text = "holdfast-api: holdfast-service holdfast-store\nholdfast-service: holdfast-store\nholdfast-store:";
        assert_eq!(complaints(text), ["holdfast-api: must not depend on store; it may use http, service, contract"]);
    }

    #[test]
    fn a_pure_crate_that_reaches_a_runtime_is_caught_with_the_way_to_it() {
        let text = "holdfast-contract: helper\nhelper: deep\ndeep: tokio\ntokio:";
        let expected = "holdfast-contract: must not reach tokio, but does: holdfast-contract → helper → deep → tokio";
        assert_eq!(complaints(text), [expected]);
        let text = "holdfast-device: rand\nrand:";
        assert_eq!(complaints(text), ["holdfast-device: must not use rand: clock and chance are handed in"]);
    }

    #[test]
    fn tests_of_a_pure_crate_get_no_exception() {
        let text = "holdfast-device:, holdfast-sim\nholdfast-sim: holdfast-store\nholdfast-store:";
        assert_eq!(complaints(text), ["holdfast-device: must not depend on sim, not even in tests"]);
        let text = "holdfast-host:, holdfast-store\nholdfast-store:";
        assert_eq!(complaints(text), ["holdfast-host: must not depend on store, not even in tests"]);
    }

    #[test]
    fn help_for_tests_in_what_is_shipped_is_caught() {
        let mut graph = graph_of("holdfast-server: holdfast-store\nholdfast-store:\nholdfast-sim: holdfast-store");
        for name in ["holdfast-server", "holdfast-sim"] {
            let node = graph.entry(name.into()).or_default();
            node.asks_for_testing.insert("holdfast-store".into());
        }
        let complaints: Vec<String> = check(&graph).into_iter().map(|violation| violation.to_string()).collect();
        let expected = "holdfast-server: must not use the feature `testing` of holdfast-store outside its tests";
        assert_eq!(complaints, [expected]);
    }

    #[test]
    fn a_new_crate_has_to_be_entered() {
        assert!(complaints("holdfast-novelty:")[0].contains("is new; say in the table"));
    }

    #[test]
    fn a_crate_that_leaves_the_lints_is_caught() {
        let fine = "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n".to_owned();
        let manifests = [
            ("holdfast-a".to_owned(), fine),
            ("holdfast-b".to_owned(), "[package]\n[lints.rust]\n".to_owned()),
            ("holdfast-postgres".to_owned(), String::new()),
        ];
        let places: Vec<String> = check_lints(&manifests).into_iter().map(|violation| violation.place).collect();
        assert_eq!(places, ["holdfast-b"]);
    }
}
