//! Is it our server's word? A reply without the protocol header or without a body that can be read (a captive portal, a
//! proxy's 404, half a response) is no reply at all.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::{Code, Problem};
use serde::de::DeserializeOwned;

use crate::engine::Answer;

/// A judged answer.
#[derive(Debug)]
pub(crate) enum Verdict<T> {
    /// The server answered what was asked.
    Answered(T),
    /// The server says that it did not.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why.
        problem: Problem,
        /// Seconds to wait, where it said so.
        retry_after: Option<u32>,
    },
    /// Nothing, or not the server's word.
    NoReply,
}

/// Judges an answer whose success is a `T`.
pub(crate) fn judge<T: DeserializeOwned>(answer: &Answer) -> Verdict<T> {
    let Answer::Http { status, protocol_header, retry_after, body } = answer else { return Verdict::NoReply };
    if !protocol_header {
        if defect::is_on(Defect::ProxyBelieved) && *status >= 400 {
            let problem = Problem::new(Code::Internal, "a proxy's words");
            return Verdict::Refused { status: *status, problem, retry_after: None };
        }
        return Verdict::NoReply;
    }
    match *status {
        200 => serde_json::from_slice(body).map_or(Verdict::NoReply, Verdict::Answered),
        status @ 400..=599 => match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => {
                let retry_after = retry_after.or(problem.retry_after);
                Verdict::Refused { status, problem, retry_after }
            }
            Err(_) => Verdict::NoReply,
        },
        _ => Verdict::NoReply,
    }
}

#[cfg(test)]
mod tests {
    use holdfast_contract::{Code, sync::PushReply};

    use super::*;

    fn http(status: u16, protocol_header: bool, body: &str) -> Answer {
        Answer::Http { status, protocol_header, retry_after: None, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn only_the_servers_word_counts() {
        let empty = r#"{"outcomes":[]}"#;
        assert!(matches!(judge::<PushReply>(&http(200, true, empty)), Verdict::Answered(_)));
        for no_word in [
            http(200, false, empty),
            http(200, true, "<html>Welcome to the hotel</html>"),
            http(200, true, &empty[..10]),
            http(302, true, empty),
            http(404, false, "not found"),
            http(502, true, "<html>bad gateway</html>"),
            Answer::NoReply,
        ] {
            assert!(matches!(judge::<PushReply>(&no_word), Verdict::NoReply), "{no_word:?}");
        }
        let problem = serde_json::to_string(&Problem::new(Code::RateLimited, "slow").with_retry_after(7)).unwrap();
        assert!(matches!(
            judge::<PushReply>(&http(429, true, &problem)),
            Verdict::Refused { status: 429, retry_after: Some(7), .. }
        ));
    }
}
