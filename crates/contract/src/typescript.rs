//! How values that are plain strings, numbers and lists on the wire are named in TypeScript.

use ts_rs::{Config, TS};

use crate::ids::{AccountId, ClientId, DeviceId, OpId, PlaceId};
use crate::position::{Accuracy, Altitude, Latitude, Longitude};
use crate::text::{Tags, Text};
use crate::time::Timestamp;

macro_rules! plain {
    ($([$($generics:tt)*] $type:ty = $words:literal;)*) => {
        $(impl<$($generics)*> TS for $type {
            type WithoutGenerics = String;
            type OptionInnerType = Self;

            fn name(_: &Config) -> String {
                $words.to_owned()
            }

            fn inline(_: &Config) -> String {
                $words.to_owned()
            }
        })*
    };
}

plain! {
    [const MAX: usize] Text<MAX> = "string";
    [] Tags = "Array<string>";
    [] Timestamp = "string";
    [] AccountId = "string";
    [] ClientId = "string";
    [] DeviceId = "string";
    [] OpId = "string";
    [] PlaceId = "string";
    [] Latitude = "number";
    [] Longitude = "number";
    [] Accuracy = "number";
    [] Altitude = "number";
}
