//! A device over a real file, and calls as screens write them.

use std::cell::Cell;

use holdfast_app::{Attempt, Call, Failure, Performing, perform};
use holdfast_contract::{Source, Timestamp};
use holdfast_device::{Device, Environment, Moment};
use serde_json::Value;

/// A clock that stands still, and numbers that never repeat.
struct Still(Cell<u64>);

pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-05-04T10:00:00Z").unwrap()
}

impl Environment for Still {
    fn now(&self) -> Moment {
        Moment { wall: now(), boot: 1, since_boot_micros: 0 }
    }

    fn random(&self, bytes: &mut [u8]) {
        self.0.set(self.0.get() + 1);
        bytes.fill(0);
        let number = self.0.get().to_be_bytes();
        let length = bytes.len().min(8);
        bytes[..length].copy_from_slice(&number[8 - length..]);
    }
}

/// A screen over a device of its own.
pub(crate) struct Screen {
    pub(crate) device: Device,
    folder: tempfile::TempDir,
}

impl Screen {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let device = Device::open(&folder.path().join("a.db"), Box::new(Still(Cell::new(0)))).unwrap();
        Self { device, folder }
    }

    /// The process is another one now.
    pub(crate) fn reopen(&mut self) {
        self.device = Device::open(&self.folder.path().join("a.db"), Box::new(Still(Cell::new(1 << 32)))).unwrap();
    }

    /// Asks for the first time; the answer as a screen gets it.
    pub(crate) fn ask(&mut self, call: Value) -> Value {
        self.attempt(call, Attempt::First).unwrap()
    }

    pub(crate) fn attempt(&mut self, call: Value, attempt: Attempt) -> Result<Value, Failure> {
        let Call::Device(call) = serde_json::from_value(call).unwrap() else { panic!("a call of the host's") };
        let with = Performing { now: now(), source: Source::Web, attempt };
        perform(&mut self.device, *call, with).map(|answer| serde_json::to_value(answer).unwrap())
    }
}
