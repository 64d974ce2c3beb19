//! Virtual time: one true clock, and on every device a wall clock that may be wrong.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_contract::Timestamp;
use holdfast_device::{Environment, Moment};
use holdfast_service::Clock;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// True time, as the server knows it.
#[derive(Clone)]
pub(super) struct TrueClock(Arc<AtomicI64>);

impl TrueClock {
    /// Begins on an ordinary day.
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_780_000_000_000_000)))
    }

    pub(super) fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Nothing happens at the same microsecond as something else.
    pub(super) fn tick(&self) -> i64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

impl Clock for TrueClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.tick())
    }
}

/// A device's clocks: how far its wall clock is off, and since when it has been running.
pub(super) struct DeviceClock {
    world: TrueClock,
    skew: AtomicI64,
    boot: AtomicU64,
    booted_at: AtomicI64,
}

impl DeviceClock {
    pub(super) fn new(world: TrueClock) -> Arc<Self> {
        let booted_at = AtomicI64::new(world.tick());
        Arc::new(Self { world, skew: AtomicI64::new(0), boot: AtomicU64::new(1), booted_at })
    }

    /// Sets the wall clock wrong, or right with 0.
    pub(super) fn set_skew(&self, seconds: i64) {
        self.skew.store(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// The device was switched off and on.
    pub(super) fn reboot(&self) {
        self.boot.fetch_add(1, Ordering::SeqCst);
        self.booted_at.store(self.world.tick(), Ordering::SeqCst);
    }

    pub(super) fn wall(&self) -> Timestamp {
        Timestamp::from_micros(self.world.tick() + self.skew.load(Ordering::SeqCst))
    }
}

/// What the device core is handed.
pub(super) struct DeviceEnvironment {
    clock: Arc<DeviceClock>,
    random: Mutex<StdRng>,
}

impl DeviceEnvironment {
    pub(super) fn new(clock: Arc<DeviceClock>, seed: u64) -> Box<Self> {
        Box::new(Self { clock, random: Mutex::new(StdRng::seed_from_u64(seed)) })
    }
}

impl Environment for DeviceEnvironment {
    fn now(&self) -> Moment {
        let since_boot = self.clock.world.tick() - self.clock.booted_at.load(Ordering::SeqCst);
        Moment { wall: self.clock.wall(), boot: self.clock.boot.load(Ordering::SeqCst), since_boot_micros: since_boot }
    }

    fn random(&self, bytes: &mut [u8]) {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}
