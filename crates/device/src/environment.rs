//! What the core must be handed because it may not fetch it itself: the time and random bytes.

use holdfast_contract::Timestamp;

/// A moment on both clocks of a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The wall clock. It may jump in either direction; nothing but what people read and how long waits last hangs on it.
    pub wall: Timestamp,
    /// Names the present run of the monotonic clock: another value after each boot.
    pub boot: u64,
    /// Microseconds on the monotonic clock since that boot. Only comparable within one `boot`.
    pub since_boot_micros: i64,
}

/// The world outside the core. Hosts read real clocks, the simulator its virtual one.
pub trait Environment: Send {
    /// The present moment.
    fn now(&self) -> Moment;
    /// Fills `bytes` with unpredictable bytes.
    fn random(&self, bytes: &mut [u8]);
}
