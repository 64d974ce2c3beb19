//! What the server has refused for good, as a place's page gets it.

use holdfast_contract::{AccountId, FieldCode, FieldError, Operation, Problem};
use holdfast_device::{Answer, Binding, Reply, Request};
use serde_json::{Value, json};

use crate::support::Screen;

fn answered(body: &Value) -> Answer {
    let body = serde_json::to_vec(body).unwrap();
    Answer::Http { status: 200, protocol_header: true, retry_after: None, body }
}

/// A server that refuses every operation for the same fields.
fn refuse_all(screen: &mut Screen, errors: &[FieldError]) {
    for _ in 0..4 {
        for request in screen.device.poll().unwrap().requests {
            let answer = match &request {
                Request::Pull { .. } => json!({
                    "epoch": "one", "changes": [], "cursor": "0", "hasMore": false, "head": 0,
                    "limits": { "placesMax": null, "placesUsed": 0, "mediaBytesMax": null, "mediaBytesUsed": 0 },
                }),
                Request::Push { body, .. } => {
                    let body: Value = serde_json::from_slice(body).unwrap();
                    let refused = |operation: &Value| {
                        let op_id = Operation::parse(operation.to_string().as_bytes()).unwrap().op_id;
                        json!({ "opId": op_id, "outcome": "rejected", "problem": Problem::invalid(errors.to_vec()) })
                    };
                    json!({ "outcomes": body["operations"].as_array().unwrap().iter().map(refused).collect::<Vec<_>>() })
                }
            };
            screen.device.handle(Reply { lease: request.lease(), answer: answered(&answer) }).unwrap();
        }
    }
}

#[test]
fn the_fields_that_the_server_refused_are_named_whenever_the_page_is_opened_until_they_are_mended() {
    let mut screen = Screen::new();
    let account = AccountId("0190f000-0000-7000-8000-000000000001".parse().unwrap());
    screen.device.bind(&Binding { server: "https://places.example.org".to_owned(), account }).unwrap();
    let id = "0195f9d2-0000-7000-8000-000000000001";
    let position = json!({ "latitude": 47.4, "longitude": 9.9 });
    let captured = screen.ask(json!({ "call": "capture", "clientId": id, "name": "Spring", "position": position }));
    let errors = [FieldError::new("place.name", FieldCode::TooLong, "is longer than a newer server allows")];
    refuse_all(&mut screen, &errors);

    let page = json!({ "call": "place", "key": captured["place"]["key"] });
    // Asked as often as it is opened, also by a process that was not there when the server said it.
    for _ in 0..2 {
        let answer = screen.ask(page.clone());
        let state = &answer["entries"][0]["state"];
        assert_eq!((&state["is"], &state["problem"]["errors"]), (&json!("rejected"), &json!(errors)));
        assert_eq!(screen.ask(json!({ "call": "outbox" }))["entries"][0]["state"], *state);
        screen.reopen();
    }
    screen.ask(json!({ "call": "edit", "key": captured["place"]["key"], "changes": { "name": "Sp" } }));
    assert_eq!(screen.ask(page)["entries"][0]["state"], json!({ "is": "queued" }));
}
