//! Setup, sign-in, pairing and devices.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, DeviceId};
use crate::limits;
use crate::problem::{FieldCode, FieldError};
use crate::sync::PlanLimits;
use crate::time::Timestamp;

/// How a device introduces itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeviceInfo {
    /// What the person calls it.
    pub name: String,
    /// What it is: `cli`, `ios`, `android`, `web`, …
    #[serde(default)]
    pub platform: String,
}

/// Makes the first account of a new server.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetupRequest {
    /// The one-time code that the server printed.
    pub code: String,
    /// The account's e-mail address.
    pub email: String,
    /// Its password.
    pub password: String,
    /// A device to sign in at once; without it a session cookie is set.
    #[serde(default)]
    pub device: Option<DeviceInfo>,
}

/// Whether the server waits for its first account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetupStatus {
    /// True until the first account exists.
    pub needed: bool,
}

/// Signs in with e-mail and password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignInRequest {
    /// The account's e-mail address.
    pub email: String,
    /// Its password.
    pub password: String,
    /// A device to sign in; without it a session cookie is set.
    #[serde(default)]
    pub device: Option<DeviceInfo>,
}

/// Signs a device in with a short code from a signed-in device or browser.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PairRequest {
    /// The code; case, blanks and dashes don't matter.
    pub code: String,
    /// The device that is paired.
    pub device: DeviceInfo,
}

/// A short code that pairs one device within a few minutes.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PairingCode {
    /// The code, as shown to a person: `XXXX-XXXX`.
    pub code: String,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// A signed-in device or browser.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// The account.
    pub account: Account,
    /// The device, where one was signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    /// Its bearer token, shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The epoch of the database.
    pub epoch: String,
}

/// An account as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// Its e-mail address.
    pub email: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What its plan allows and what is used.
    pub limits: PlanLimits,
}

/// A device in the account's list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The device.
    pub id: DeviceId,
    /// What the person calls it.
    pub name: String,
    /// What it is.
    pub platform: String,
    /// When it was signed in.
    pub created_at: Timestamp,
    /// When it last pushed or pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync_at: Option<Timestamp>,
    /// How many operations, and captures without a position, it said were waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<i64>,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Whether it is a session of a browser on the server's pages. Those and the app in a browser both have the platform
    /// `web`; only the app keeps places and sends them later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub browser: bool,
}

/// An e-mail address, trimmed and with its domain in lower case.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Email(String);

impl Email {
    /// Parses an address: something, an `@`, a domain; no white space or control characters. Whether mail arrives there
    /// is not known before one is sent.
    pub fn parse(raw: &str) -> Result<Self, FieldError> {
        let wrong = |detail: &str| FieldError::new("email", FieldCode::InvalidFormat, detail);
        let raw = raw.trim();
        if raw.len() > limits::EMAIL_MAX {
            return Err(FieldError::new(
                "email",
                FieldCode::TooLong,
                format!("is longer than {} bytes", limits::EMAIL_MAX),
            ));
        }
        let Some((local, domain)) = raw.rsplit_once('@') else {
            return Err(wrong("must be an e-mail address, such as ada@example.org"));
        };
        let clean = |s: &str| !s.is_empty() && !s.chars().any(|c| c.is_whitespace() || c.is_control());
        if !clean(local) || !clean(domain) || domain.starts_with('.') || domain.ends_with('.') {
            return Err(wrong("must be an e-mail address, such as ada@example.org"));
        }
        Ok(Self(format!("{local}@{}", domain.to_lowercase())))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks a new password's length, in characters.
pub fn check_password(password: &str) -> Result<(), FieldError> {
    let length = password.chars().count();
    if length < limits::PASSWORD_MIN {
        let detail = format!("must have at least {} characters", limits::PASSWORD_MIN);
        return Err(FieldError::new("password", FieldCode::TooShort, detail));
    }
    if length > limits::PASSWORD_MAX {
        let detail = format!("must have at most {} characters", limits::PASSWORD_MAX);
        return Err(FieldError::new("password", FieldCode::TooLong, detail));
    }
    Ok(())
}
