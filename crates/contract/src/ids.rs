//! Identifiers. Each is a UUID with a type of its own, so that none can be passed for another.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A UUID v7 of this moment, from a clock and ten random bytes that the caller hands in (RFC 9562).
            pub fn v7(now: crate::Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.as_micros().max(0) / 1000).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(s.trim()).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id! {
    /// One capture, named once by the device that made it; unique per owner for ever.
    ClientId
}
id! {
    /// One intent to change something. A retry sends the same id with the same bytes.
    OpId
}
id! {
    /// One installation, named by the server at sign-in or pairing.
    DeviceId
}
id! {
    /// The place's row on the server.
    PlaceId
}
id! {
    /// A person's account on one server.
    AccountId
}
id! {
    /// A file that was brought in on the server.
    ImportId
}
