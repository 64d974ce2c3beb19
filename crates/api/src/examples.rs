//! The examples of the OpenAPI document. A test reads every one with the contract.

use serde_json::{Value, json};

const OP: &str = "0199f6a0-1111-7000-8000-000000000001";
const CLIENT: &str = "0199f6a0-2222-7000-8000-000000000001";
const PLACE: &str = "0199f6a0-0000-7000-8000-000000000001";
const EPOCH: &str = "7d5f0b3c-6a55-4c52-9a58-0b9a3b0d8f11";
const ACCOUNT: &str = "0199f6a0-3333-7000-8000-000000000001";
const DEVICE: &str = "0199f6a0-4444-7000-8000-000000000001";

pub(crate) fn new_place() -> Value {
    json!({
        "opId": OP,
        "clientId": CLIENT,
        "place": {
            "name": "Old oak",
            "latitude": 48.137_154, "longitude": 11.576_124, "accuracy": 12.0,
            "capturedAt": "2026-05-01T12:00:00.000000Z",
            "source": "cli", "positionSource": "fix",
        },
    })
}

pub(crate) fn update() -> Value {
    json!({
        "opId": "0199f6a0-1111-7000-8000-000000000002",
        "baseVersion": 1,
        "changes": { "name": { "was": "Old oak", "to": "The old oak" }, "tags": { "add": ["tree"], "remove": [] } },
    })
}

pub(crate) fn refine() -> Value {
    json!({ "position": { "latitude": 48.137_21, "longitude": 11.576_2, "accuracy": 4.0 } })
}

pub(crate) fn place() -> Value {
    json!({
        "id": PLACE,
        "clientId": CLIENT,
        "version": 1,
        "name": "Old oak",
        "latitude": 48.137_154, "longitude": 11.576_124, "accuracy": 12.0,
        "tags": [],
        "capturedAt": "2026-05-01T12:00:00.000000Z",
        "source": "cli", "positionSource": "fix",
        "role": "owner",
        "createdAt": "2026-05-01T12:00:01.000000Z",
        "updatedAt": "2026-05-01T12:00:01.000000Z",
    })
}

pub(crate) fn place_list() -> Value {
    json!({ "places": [place()] })
}

pub(crate) fn map() -> Value {
    json!({
        "total": 1,
        "bounds": [11.576_124, 48.137_154, 11.576_124, 48.137_154],
        "points": [{ "id": PLACE, "latitude": 48.137_154, "longitude": 11.576_124, "name": "Old oak" }],
    })
}

pub(crate) fn facets() -> Value {
    json!({ "categories": [{ "value": "viewpoint", "count": 3 }], "tags": [{ "value": "tree", "count": 7 }] })
}

pub(crate) fn applied() -> Value {
    json!({
        "opId": OP, "outcome": "applied", "place": place(), "seq": 42, "appliedVersion": 1, "merged": false,
    })
}

pub(crate) fn push() -> Value {
    let mut create = new_place();
    create["kind"] = "create".into();
    json!({
        "epoch": EPOCH,
        "operations": [
            create,
            { "opId": "0199f6a0-1111-7000-8000-000000000003", "kind": "delete", "id": PLACE, "baseVersion": 3 },
        ],
        "telemetry": { "pending": 2, "oldestPendingSeconds": 40 },
    })
}

pub(crate) fn push_reply() -> Value {
    json!({ "outcomes": [
        applied(),
        { "opId": "0199f6a0-1111-7000-8000-000000000003", "outcome": "gone", "id": PLACE },
    ] })
}

pub(crate) fn pull() -> Value {
    json!({
        "epoch": EPOCH,
        "changes": [
            { "seq": 42, "upsert": place() },
            { "seq": 43, "gone": { "id": "0199f6a0-0000-7000-8000-000000000002" } },
        ],
        "cursor": "AdGZ9qAAAHAAgAAAAAAAAAEAAAAAAAAAK5a1",
        "hasMore": false,
        "head": 43,
        "limits": { "placesUsed": 1, "mediaBytesUsed": 0 },
    })
}

pub(crate) fn account() -> Value {
    json!({
        "id": ACCOUNT,
        "email": "ada@example.org",
        "createdAt": "2026-05-01T11:00:00.000000Z",
        "limits": { "placesUsed": 1, "mediaBytesUsed": 0 },
    })
}

pub(crate) fn signed_in() -> Value {
    json!({
        "account": account(),
        "deviceId": DEVICE,
        "token": "hf_the-token-of-this-device-shown-this-once",
        "epoch": EPOCH,
    })
}

pub(crate) fn sign_in() -> Value {
    json!({
        "email": "ada@example.org",
        "password": "a long passphrase",
        "device": { "name": "Ada's laptop", "platform": "cli" },
    })
}

pub(crate) fn setup() -> Value {
    let mut request = sign_in();
    request["code"] = "ABCD-EFGH-JKMN-PQRS".into();
    request
}

pub(crate) fn pair() -> Value {
    json!({ "code": "ABCD-EFGH", "device": { "name": "Ada's phone", "platform": "ios" } })
}

pub(crate) fn pairing_code() -> Value {
    json!({ "code": "ABCD-EFGH", "expiresAt": "2026-05-01T12:10:00.000000Z" })
}

#[cfg(test)]
mod tests {
    use holdfast_contract::account::{Account, PairRequest, PairingCode, SetupRequest, SignInRequest, SignedIn};
    use holdfast_contract::overview::{Facets, MapPlaces};
    use holdfast_contract::sync::{PullReply, PushReply};
    use holdfast_contract::{Operation, OperationOutcome, Place};
    use serde::de::DeserializeOwned;

    use super::*;

    fn reads<T: DeserializeOwned>(example: Value) {
        if let Err(error) = serde_json::from_value::<T>(example.clone()) {
            panic!("{error}: {example}");
        }
    }

    #[test]
    fn every_example_is_what_the_contract_reads() {
        reads::<Place>(place());
        reads::<MapPlaces>(map());
        reads::<Facets>(facets());
        reads::<OperationOutcome>(applied());
        reads::<PushReply>(push_reply());
        reads::<PullReply>(pull());
        reads::<Account>(account());
        reads::<SignedIn>(signed_in());
        reads::<SignInRequest>(sign_in());
        reads::<SetupRequest>(setup());
        reads::<PairRequest>(pair());
        reads::<PairingCode>(pairing_code());
        let mut update = update();
        update["kind"] = "update".into();
        update["id"] = PLACE.into();
        let mut refine = refine();
        refine["kind"] = "refine".into();
        refine["clientId"] = CLIENT.into();
        refine["opId"] = OP.into();
        let mut operations = push()["operations"].as_array().unwrap().clone();
        operations.extend([update, refine]);
        for operation in operations {
            let read = Operation::parse(operation.to_string().as_bytes());
            assert!(read.is_ok(), "{read:?}");
        }
    }
}
