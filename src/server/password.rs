//! Password hashes: argon2id, off the async threads, a few at a time.

use crate::error::AppError;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// 19 MiB, two passes, one lane: OWASP's first choice for argon2id (Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at once: a burst of sign-ins must not take the memory or the cores from ingest.
const AT_ONCE: usize = 2;

static ROOM: Semaphore = Semaphore::const_new(AT_ONCE);

/// Compared with when nobody has the address, so that the answer takes as long as for somebody.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&SecretString::from(super::secrets::random_token(""))));

/// The PHC text of a new hash.
pub async fn hash(password: SecretString) -> Result<String, AppError> {
    off_thread(move || hash_now(&password)).await
}

/// Whether the password is the one behind `known`. With None it is not, after the same time.
pub async fn fits(password: SecretString, known: Option<String>) -> Result<bool, AppError> {
    off_thread(move || {
        let hash = known.as_deref().unwrap_or(&NOBODY);
        let fits = PasswordHash::new(hash).is_ok_and(|hash| hasher().verify_password(password.expose_secret().as_bytes(), &hash).is_ok());
        fits && known.is_some()
    })
    .await
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    let room = ROOM.acquire().await.expect("the semaphore is never closed");
    let done = tokio::task::spawn_blocking(work).await;
    drop(room);
    done.map_err(|cause| {
        tracing::error!(%cause, "hashing a password did not end");
        AppError::Unavailable
    })
}

fn hash_now(password: &SecretString) -> String {
    let salt = SaltString::generate(&mut OsRng);
    hasher().hash_password(password.expose_secret().as_bytes(), &salt).expect("the parameters are within argon2's limits").to_string()
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_fits_its_hash() {
        let known = hash(SecretString::from("correct horse")).await.unwrap();
        assert!(known.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(fits(SecretString::from("correct horse"), Some(known.clone())).await.unwrap());
        assert!(!fits(SecretString::from("Correct horse"), Some(known)).await.unwrap());
        assert!(!fits(SecretString::from("correct horse"), None).await.unwrap());
    }
}
