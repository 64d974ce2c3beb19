//! The calls of the screens, on a real device over a real file.
#![allow(clippy::unwrap_used, missing_docs)]

mod calls;
mod refused;
mod support;
