//! Password hashing: argon2id, on a bounded number of lanes.
//!
//! One hash costs 19 MiB and some ten milliseconds of one core, on purpose. So a flood of sign-ins must neither take
//! every core nor all memory: only as many hashes run at once as there are lanes, only a bounded number of requests
//! wait for a lane, and whoever comes after those is told to come back.

use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

/// Requests that may wait for a lane. At about 30 ms a hash the last of them waits some two seconds.
const WAITING_MAX: usize = 64;
/// Hashes that may run at once, at most; 19 MiB each.
const LANES_MAX: usize = 4;

/// Memory that is reserved for a hash, in blocks of 1 KiB; pages that the hash does not use never become real. Beyond
/// 32 MiB glibc maps memory and gives it back when it is freed. Less than that it would keep, once for every thread that
/// ever hashed: after a few sign-ins the server would hold a hundred megabytes for nothing.
const BLOCKS_RESERVED: usize = 33 * 1024;

/// A hash nobody has the password of, with the parameters of every other hash: an unknown e-mail address is checked
/// against it, so that it costs what a known one costs.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$U6vQ0kqf3l9sX2mB7rT1Yw$8m1oV5cQ0nJ3yT7uXbE2kR9wZs4dLhPgAf6iCtNqMxU";

/// Why a password was not hashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// Too many are waiting already.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// The hash function refused or its thread died.
    #[error("hashing a password failed")]
    Failed,
}

/// The lanes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Passwords {
    lanes: Arc<Semaphore>,
    seats: Arc<Semaphore>,
}

impl Passwords {
    /// Half of the cores, at least one and at most four, hash at the same time.
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_lanes((cores / 2).clamp(1, LANES_MAX), WAITING_MAX)
    }

    fn with_lanes(lanes: usize, waiting: usize) -> Self {
        Self { lanes: Arc::new(Semaphore::new(lanes)), seats: Arc::new(Semaphore::new(lanes + waiting)) }
    }

    /// Hashes a new password to a PHC string, with a fresh salt.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = normalise(password);
        self.run(move || hash(&password).map_err(|_| PasswordError::Failed)).await?
    }

    /// Whether the password belongs to the hash. Without a hash (no such account, or one without a password) the same
    /// work is done and the answer is no.
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, PasswordError> {
        let password = normalise(password);
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.as_deref().unwrap_or(NOBODY);
            verify(&password, hash).is_ok_and(|fits| fits) && known
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let seat = Arc::clone(&self.seats).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let lane = Arc::clone(&self.lanes).acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        // Both go with the work: a request that was given up must not free its lane while its hash still runs.
        let held: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (seat, lane);
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(held);
            result
        })
        .await
        .map_err(|_| PasswordError::Failed)
    }
}

/// A PHC string with a fresh salt. Argon2id with 19 MiB, two passes and one lane: the first choice of the OWASP password
/// storage cheat sheet, and the default of the library.
fn hash(password: &[u8]) -> argon2::password_hash::Result<String> {
    let params = Params::default();
    let salt: [u8; 16] = rand::random();
    let output = derive(&params, password, &salt, Params::DEFAULT_OUTPUT_LEN)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

/// Whether the password belongs to a PHC string of ours, with the parameters that it names.
fn verify(password: &[u8], hash: &str) -> argon2::password_hash::Result<bool> {
    let hash = PasswordHash::new(hash)?;
    let ours = hash.algorithm == Algorithm::Argon2id.ident() && hash.version == Some(Version::V0x13.into());
    let (Some(salt), Some(expected), true) = (hash.salt.as_ref(), hash.hash.as_ref(), ours) else { return Ok(false) };
    let output = derive(&Params::try_from(&hash)?, password, salt.as_ref(), expected.len())?;
    Ok(output.ct_eq(expected.as_ref()).into())
}

fn derive(params: &Params, password: &[u8], salt: &[u8], length: usize) -> argon2::Result<Vec<u8>> {
    let blocks = params.block_count();
    let mut memory: Vec<Block> = Vec::new();
    memory.try_reserve_exact(blocks.max(BLOCKS_RESERVED)).map_err(|_| argon2::Error::OutOfMemory)?;
    memory.resize(blocks, Block::default());
    let mut output = vec![0; length];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone()).hash_password_into_with_memory(
        password,
        salt,
        &mut output,
        memory.as_mut_slice(),
    )?;
    Ok(output)
}

/// The same password typed on two keyboards is the same bytes (NFKC, as NIST SP 800-63B 5.1.1.2 asks).
fn normalise(password: &str) -> Vec<u8> {
    password.nfkc().collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_no_other() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(passwords.verify("correct horse battery", Some(hash.clone())).await, Ok(true));
        assert_eq!(passwords.verify("correct horse batterz", Some(hash.clone())).await, Ok(false));
        assert_ne!(passwords.hash("correct horse battery").await.unwrap(), hash, "every hash has its own salt");
    }

    #[test]
    fn a_hash_of_another_program_with_the_same_parameters_is_understood() {
        // Made by the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -e`.
        let reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify(b"password", reference).unwrap());
        assert!(!verify(b"Password", reference).unwrap());
        assert!(!verify(b"password", &reference.replace("argon2id", "argon2i")).unwrap());
    }

    #[tokio::test]
    async fn a_password_may_be_typed_on_another_keyboard() {
        let passwords = Passwords::new();
        let hash = passwords.hash("caf\u{e9} au lait").await.unwrap();
        assert_eq!(passwords.verify("cafe\u{301} au lait", Some(hash)).await, Ok(true));
    }

    #[tokio::test]
    async fn nobody_has_the_parameters_of_everybody_and_is_never_let_in() {
        let passwords = Passwords::new();
        let real = passwords.hash("correct horse battery").await.unwrap();
        let (nobody, real) = (PasswordHash::new(NOBODY).unwrap(), PasswordHash::new(&real).unwrap());
        assert_eq!((nobody.algorithm, nobody.version, &nobody.params), (real.algorithm, real.version, &real.params));
        assert_eq!(nobody.hash.unwrap().len(), real.hash.unwrap().len());
        assert_eq!(passwords.verify("anything at all", None).await, Ok(false));
        assert_eq!(passwords.verify("anything at all", Some("!".to_owned())).await, Ok(false));
    }

    #[tokio::test]
    async fn whoever_comes_after_a_full_queue_is_told_to_come_back() {
        let passwords = Passwords::with_lanes(1, 1);
        let lane = Arc::clone(&passwords.lanes).acquire_owned().await.unwrap();
        let seat = Arc::clone(&passwords.seats).try_acquire_owned().unwrap();
        let waiting = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.verify("correct horse battery", None).await }
        });
        while passwords.seats.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(passwords.verify("correct horse battery", None).await, Err(PasswordError::Busy));
        drop((lane, seat));
        assert_eq!(waiting.await.unwrap(), Ok(false));
        assert_eq!(passwords.verify("correct horse battery", None).await, Ok(false));
    }
}
