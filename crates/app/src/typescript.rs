//! Writes `apps/phone/core/src/types.ts`, or fails where it is not what these types say.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use ts_rs::{Config, TS, TypeVisitor};

use crate::calls::{self, Call};
use crate::{Change, Failure, FailureCode};

/// Collects the declaration of every type that can be reached.
struct Declarations<'c> {
    config: &'c Config,
    seen: BTreeSet<TypeId>,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // Only what has a declaration of its own has a file it would go to.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            self.found.insert(T::ident(self.config), laid_out(&format!("{docs}export {}\n", T::decl(self.config))));
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

/// Indents what stands between braces.
fn laid_out(declaration: &str) -> String {
    let mut depth = 0;
    let mut text = String::new();
    for line in declaration.replace(", };\n", ",\n};\n").lines().map(str::trim_end) {
        let opened = line.matches('{').count();
        let closed = line.matches('}').count();
        let comment = line.starts_with("/**") || line.starts_with(" *");
        let inner = if !comment && closed > opened { depth + opened - closed } else { depth };
        let _ = writeln!(text, "{}{line}", "  ".repeat(inner));
        if !comment {
            depth = depth + opened - closed;
        }
    }
    text
}

fn types() -> String {
    let config = Config::new().with_large_int("number");
    let mut declarations = Declarations { config: &config, seen: BTreeSet::new(), found: BTreeMap::new() };
    declarations.visit::<Call>();
    declarations.visit::<Failure>();
    declarations.visit::<Change>();
    calls::visit_answers(&mut declarations);
    let mut text = String::from(
        "// Generated from crates/app by `HOLDFAST_WRITE_TYPES=1 cargo test -p holdfast-app`. Not to be edited.\n\n",
    );
    for declaration in declarations.found.values() {
        let _ = writeln!(text, "{declaration}");
    }
    text.push_str("/**\n * The answer to each call, by the call's name.\n */\nexport interface Answers {\n");
    for (call, answer) in calls::answers(&config) {
        let _ = writeln!(text, "  {call}: {answer};");
    }
    text.push_str("}\n\n/**\n * What each failure says and advises, unless the server says it better.\n */\n");
    text.push_str("export const FAILURE_WORDS: Record<FailureCode, { sentence: string; advice: string }> = {\n");
    for code in FailureCode::ALL {
        let Failure { sentence, advice, .. } = Failure::new(*code);
        let _ = writeln!(text, "  {}: {{ sentence: {sentence:?}, advice: {advice:?} }},", code.as_str());
    }
    text.push_str("};\n");
    text
}

#[test]
fn the_committed_typescript_types_are_those_of_the_app() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../apps/phone/core/src/types.ts");
    let types = types();
    if std::env::var_os("HOLDFAST_WRITE_TYPES").is_some() {
        std::fs::write(&path, &types).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == types, "they differ; write them with: HOLDFAST_WRITE_TYPES=1 cargo test -p holdfast-app");
}
