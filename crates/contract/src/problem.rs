//! Errors as problem documents (RFC 9457) with stable codes.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong, as a code that never changes its meaning.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
            /// A code that a newer server may know and this build does not.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl Code {
            /// Every code of this build, for documents and exhaustive tests.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code as it stands on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* Self::Unknown => "unknown" }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* Self::Unknown => 500 }
            }

            /// A short title that does not depend on the case.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* Self::Unknown => "Unknown problem" }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or not the JSON this endpoint takes.
    InvalidJson = "invalid_json", 400, "The request could not be read";
    /// A parameter of the query or path is wrong.
    InvalidParameter = "invalid_parameter", 400, "A parameter is wrong";
    /// A cursor that this server did not make for this person.
    InvalidCursor = "invalid_cursor", 400, "The cursor is not valid";
    /// The protocol version is not one this server speaks (newer than the server).
    ProtocolUnsupported = "protocol_unsupported", 400, "The protocol version is not known here";
    /// Not signed in, or the token was revoked.
    Unauthenticated = "unauthenticated", 401, "Not signed in";
    /// E-mail and password do not belong together.
    InvalidCredentials = "invalid_credentials", 401, "E-mail or password is wrong";
    /// A pairing or setup code that is unknown, used or too old.
    InvalidCode = "invalid_code", 401, "The code is not valid";
    /// The plan's limit is reached; nothing is lost, it can be sent again later.
    PlanLimitReached = "plan_limit_reached", 402, "The plan is full";
    /// The reader may see this but not change it so.
    Forbidden = "forbidden", 403, "Not allowed";
    /// The account was deleted or suspended.
    AccountGone = "account_gone", 403, "The account is gone";
    /// The request was made for another account than the one signed in.
    WrongAccount = "wrong_account", 403, "Made for another account";
    /// A request from another site, or without proof that it is not.
    CrossSite = "cross_site", 403, "Refused as coming from another site";
    /// There is no such thing, or it is not yours.
    NotFound = "not_found", 404, "Not found";
    /// The path does not take this method.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The other side has changed what this was based on.
    Conflict = "conflict", 409, "Changed by somebody else meanwhile";
    /// The push was made for another epoch of the database: pull first.
    EpochChanged = "epoch_changed", 409, "The server was restored";
    /// The server is already set up.
    AlreadySetUp = "already_set_up", 409, "Already set up";
    /// Deleted for good, or no longer visible.
    Gone = "gone", 410, "Gone";
    /// The cursor can't be followed any more: pull from the start.
    ResyncRequired = "resync_required", 410, "Start pulling from the beginning";
    /// The body, batch or page is larger than allowed.
    TooLarge = "too_large", 413, "Too large";
    /// The body is not of a type this endpoint takes.
    UnsupportedMediaType = "unsupported_media_type", 415, "Media type not supported";
    /// A value is outside the contract.
    Invalid = "invalid", 422, "A value is not valid";
    /// The operation id was used before, for something else.
    OpIdReused = "op_id_reused", 422, "The operation id was used before";
    /// This app is too old for the server.
    ClientTooOld = "client_too_old", 426, "The app is too old";
    /// Too many requests.
    RateLimited = "rate_limited", 429, "Too many requests";
    /// Something failed inside the server; the same request may be sent again.
    Internal = "internal", 500, "Something failed on the server";
    /// The server can't answer at the moment.
    Unavailable = "unavailable", 503, "Not available at the moment";
}

#[cfg(feature = "openapi")]
crate::text::words_schema!(Code, "What went wrong, as a code that never changes its meaning. New ones may be added.");

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with one field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldCode {
    /// It must be there.
    Required,
    /// It is of the wrong type or can't be read.
    InvalidType,
    /// The text is longer than allowed.
    TooLong,
    /// The text is shorter than allowed.
    TooShort,
    /// The text contains a control character.
    ControlCharacter,
    /// The number is outside its range.
    OutOfRange,
    /// There are more entries than allowed.
    TooMany,
    /// The value is none of the known ones.
    UnknownValue,
    /// The value does not have the form it must have.
    InvalidFormat,
    /// It does not go together with another field.
    Inconsistent,
    /// A code that a newer server may know and this build does not.
    #[serde(other)]
    Unknown,
}

/// One field that is at fault.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{field} {detail}")]
pub struct FieldError {
    /// Path of the field in the request, such as `changes.name.to` or `tags[3]`.
    pub field: String,
    /// What is wrong with it.
    pub code: FieldCode,
    /// The same as a phrase that can stand behind the field's name. Never repeats what the person wrote.
    pub detail: String,
}

impl FieldError {
    /// A field error.
    pub fn new(field: impl Into<String>, code: FieldCode, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into() }
    }
}

/// A problem document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[error("{detail}")]
pub struct Problem {
    /// `urn:holdfast:problem:` and the code.
    #[serde(rename = "type", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub kind: String,
    /// The code's title.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: Code,
    /// What happened and what to do, as a sentence for a person.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub detail: String,
    /// The fields at fault, where fields are at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Seconds to wait before the next try, where the server knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The id under which the server's log knows this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem with this code and a sentence that says what happened and what to do.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:holdfast:problem:{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            request_id: None,
        }
    }

    /// A problem of values: says which fields are at fault.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [] => "A value is not valid.".to_owned(),
            [one] => format!("{one}."),
            [first, rest @ ..] => format!("{first}; and {} more.", rest.len()),
        };
        Self { errors, ..Self::new(Code::Invalid, detail) }
    }

    /// With seconds to wait before the next try.
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_a_newer_server_is_read_as_unknown() {
        let code: Code = serde_json::from_str("\"from_the_future\"").unwrap();
        assert_eq!(code, Code::Unknown);
    }

    #[test]
    fn every_code_is_written_as_it_is_named() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
            assert!((400..=599).contains(&code.status()));
        }
    }
}
