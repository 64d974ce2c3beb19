//! From values to bytes and back.

use holdfast_contract::*;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{cases, generate};

/// Written and read it is the same, also where a newer server writes more than this build knows.
fn survives<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let written = serde_json::to_value(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&written.to_string()).unwrap(), value);
    let mut more = written;
    more["fromTheFuture"] = json!({"seq": [1]});
    assert_eq!(&serde_json::from_str::<T>(&more.to_string()).unwrap(), value);
}

/// Every way to a value inside, in a fixed order.
fn pointers(value: &Value, path: &str, into: &mut Vec<String>) {
    let mut inner = |key: &str, value: &Value| {
        let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
        into.push(path.clone());
        pointers(value, &path, into);
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| inner(key, value)),
        Value::Array(list) => list.iter().enumerate().for_each(|(at, value)| inner(&at.to_string(), value)),
        _ => {}
    }
}

fn other_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!("\u{1}")),
        Just(json!("x".repeat(10_001))),
        Just(json!([])),
        Just(json!(["a", "a", 1])),
        Just(json!({})),
        Just(json!({"was": "a", "to": 1})),
        Just(json!("9999-12-31T23:59:60.9999999+23:59")),
    ]
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn any_operation_survives_the_wire_as_the_same_bytes(operation in generate::operation()) {
        let bytes = operation.to_bytes();
        let again = Operation::parse(&bytes).unwrap();
        prop_assert_eq!(&again, &operation);
        prop_assert_eq!(again.to_bytes(), bytes, "the same intent is the same bytes");
    }

    #[test]
    fn any_operation_with_something_else_in_it_is_refused_by_field_or_read_to_a_fixed_point(
        operation in generate::operation(), at in any::<prop::sample::Index>(), other in other_value(),
    ) {
        let mut value: Value = serde_json::from_slice(&operation.to_bytes()).unwrap();
        let mut all = Vec::new();
        pointers(&value, "", &mut all);
        let path = &all[at.index(all.len())];
        *value.pointer_mut(path).unwrap() = other;
        match Operation::parse(value.to_string().as_bytes()) {
            Ok(read) => {
                let bytes = read.to_bytes();
                prop_assert_eq!(Operation::parse(&bytes).unwrap().to_bytes(), bytes);
            }
            Err(refused) => {
                prop_assert_eq!(refused.problem.code, Code::Invalid);
                prop_assert!(!refused.problem.errors.is_empty());
                let root = path.split('/').nth(1).unwrap();
                let other_name = |field: &str| matches!((root, field), ("id" | "clientId", "id" | "clientId"));
                for error in &refused.problem.errors {
                    prop_assert!(error.field.starts_with(root) || other_name(&error.field) || root == "kind", "{error:?}");
                    prop_assert!(!error.detail.is_empty());
                }
                if root != "opId" {
                    prop_assert_eq!(refused.op_id, Some(operation.op_id), "the outcome can be matched");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn any_place_survives_the_wire(place in generate::place()) {
        survives(&place);
    }

    #[test]
    fn any_reply_to_a_push_survives_the_wire(reply in generate::push_reply()) {
        reply.outcomes.iter().for_each(survives);
        survives(&reply);
    }

    #[test]
    fn any_page_of_the_feed_survives_the_wire(page in generate::pull_reply()) {
        page.changes.iter().for_each(survives);
        survives(&page);
    }

    #[test]
    fn any_problem_survives_the_wire(problem in generate::problem()) {
        survives(&problem);
    }

    #[test]
    fn any_time_survives_the_wire(time in generate::time()) {
        prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
    }

    #[test]
    fn normalising_text_twice_changes_nothing(raw in "[\\PC\u{0}-\u{20}e\u{301}\u{1100}\u{1161}\u{2000}\u{212B}]{0,24}") {
        if let Ok(Some(once)) = Note::parse(&raw) {
            prop_assert_eq!(Note::parse(once.as_str()), Ok(Some(once.clone())));
            prop_assert_eq!(once.as_str().trim(), once.as_str());
        }
    }
}
