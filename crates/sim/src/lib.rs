//! The shared test harness: real servers, real devices, and a network that fails on purpose.
//!
//! Nothing here is shipped. Tests in `tests/` and the benchmarks in `src/bin/bench.rs` use it; it may see both sides.
//!
//! - [`server::TestServer`]: the whole server in this process, on a database of its own.
//! - [`device::TestDevice`]: a home folder with the native host over the real device core.
//! - [`proxy::Proxy`]: loses requests and replies between the two.
//! - [`disk::SmallDisk`]: a disk that is full, or read-only.
//! - [`process`]: the shipped binaries as processes, to be killed.
//! - [`simulator`]: everything at once, in a world that a seed decides.
//! - [`soak`]: real processes, killed and starved at random for as long as wanted.
//! - [`facts::Facts`]: what the database holds, read as its owner and past every rule of the product.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

pub mod device;
pub mod disk;
pub mod facts;
pub mod process;
pub mod proxy;
pub mod server;
pub mod simulator;
pub mod soak;

/// The password of every account that the harness makes.
pub const PASSWORD: &str = "correct horse battery staple";

/// Waits until `condition` holds; panics with `what` when it still does not after a generous while.
pub async fn eventually<F: AsyncFnMut() -> bool>(what: &str, mut condition: F) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_mins(1);
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "did not happen within a minute: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
