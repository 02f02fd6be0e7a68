//! Passwords: hashed and compared where they hold up nobody, and no more often than is sane.
//!
//! argon2id with the crate's parameters (19 MiB, two passes; RFC 9106). Two are worked on at a
//! time, so that a flood of guesses takes neither the memory nor the processors.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

use super::EngineFault;

/// How many passwords are worked on at a time.
static ROOM: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(2)));

/// The hash of a password that nobody has: what is compared when there is no agent, so that it
/// takes as long as when there is one (T17).
static NOBODYS: LazyLock<String> = LazyLock::new(|| {
    let random: [u8; 32] = rand::random();
    made(&hex::encode(random)).unwrap_or_default()
});

/// What is kept of a password.
pub(super) async fn hash(password: &str) -> Result<String, EngineFault> {
    let password = password.to_owned();
    apart(move || made(&password)).await?
}

/// Whether the password is the one of the hash; without a hash it is not, after the same time.
pub(super) async fn fits(password: &str, hash: Option<String>) -> Result<bool, EngineFault> {
    let password = password.to_owned();
    apart(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.clone());
        let same = Argon2::default().verify_password(password.as_bytes(), hash.as_str());
        known && same.is_ok()
    })
    .await
}

fn made(password: &str) -> Result<String, EngineFault> {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    let failed = |fault| EngineFault::Unavailable(format!("no password hash: {fault}").into());
    Ok(hashed.map_err(failed)?.to_string())
}

async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EngineFault> {
    // Who waits here was let in by the throttle, so there are not many.
    let room = Arc::clone(&ROOM).acquire_owned().await;
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(room);
        done
    });
    let failed = |_| EngineFault::Unavailable("the work on a password was broken off".into());
    done.await.map_err(failed)
}
