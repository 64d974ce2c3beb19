//! What devices send.

use holdfast_contract::{Code, Operation, Problem};

/// Most bytes of the words about one operation, however wrong it is: a hundred kilobytes of nonsense must not make a reply
/// of megabytes.
const PROBLEM_BYTES_MAX: usize = 64 * 1024;

/// One operation: read and written it is the same; what can't be read is refused with fields and codes.
pub(crate) fn operation(bytes: &[u8]) {
    match Operation::parse(bytes) {
        Ok(operation) => {
            let written = operation.to_bytes();
            let again = Operation::parse(&written).expect("what was written can be read");
            assert_eq!(again, operation);
            assert_eq!(again.to_bytes(), written, "the same intent is the same bytes");
        }
        Err(unreadable) => {
            let problem = &unreadable.problem;
            match problem.code {
                Code::InvalidJson => assert_eq!(unreadable.op_id, None),
                Code::Invalid => assert!(!problem.errors.is_empty(), "{problem:?} names no field"),
                other => panic!("an operation is never refused as {other}"),
            }
            assert_clear(problem);
        }
    }
}

/// The body of a push: every operation stays the bytes that were sent, and what is wrong with the rest is said.
pub(crate) fn push_body(bytes: &[u8]) {
    match holdfast_api::testing::read_push(bytes) {
        Ok(request) => {
            let body = bytes.as_ptr_range();
            for raw in &request.operations {
                let slice = raw.get().as_bytes().as_ptr_range();
                assert!(body.start <= slice.start && slice.end <= body.end, "the bytes that were sent are hashed");
                operation(raw.get().as_bytes());
            }
            if let Some(telemetry) = &request.telemetry {
                let written = serde_json::to_vec(telemetry).expect("telemetry can be written");
                let again: holdfast_contract::sync::Telemetry =
                    serde_json::from_slice(&written).expect("what was written can be read");
                assert_eq!(again, *telemetry);
            }
        }
        Err(problem) => {
            assert!(matches!(problem.code, Code::InvalidJson | Code::Invalid), "{problem:?}");
            assert_clear(&problem);
        }
    }
}

/// A problem that may be sent: short, in words, the same when it is read again.
fn assert_clear(problem: &Problem) {
    assert!(!problem.detail.is_empty() && !problem.title.is_empty());
    assert!(problem.errors.iter().all(|error| !error.field.is_empty() && !error.detail.is_empty()), "{problem:?}");
    let written = serde_json::to_vec(problem).expect("a problem can be written");
    assert!(written.len() <= PROBLEM_BYTES_MAX, "{} bytes of words", written.len());
    assert_eq!(serde_json::from_slice::<Problem>(&written).expect("what was written can be read"), *problem);
}
