//! The salt of this instance under which erased ids are kept: made once, sealed in the database, and known to nobody outside.

use crate::server::db::{self, Db, instance};
use crate::server::decide::facts::IdentityKey;
use crate::server::networks::hashing::hmac_sha256;
use crate::server::secrets::{CannotOpen, Sealer, random_token};
use secrecy::{ExposeSecret, SecretString};

const OWNER: &str = "instance:erasure_salt";

#[derive(Clone)]
pub struct Salt(SecretString);

/// Why there is no salt.
#[derive(Debug, thiserror::Error)]
pub enum NoSalt {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
}

impl Salt {
    /// The instance's own; made where there is none yet. Of several processes that start at once the first one's counts.
    pub async fn of_instance(db: &Db, sealer: &Sealer) -> Result<Self, NoSalt> {
        loop {
            if let Some(sealed) = instance::get(db, instance::ERASURE_SALT).await? {
                return Ok(Self(sealer.open(OWNER, &sealed)?));
            }
            let made = sealer.seal(OWNER, &SecretString::from(random_token("")));
            let mut tx = db.begin().await?;
            instance::set_once(&mut tx, instance::ERASURE_SALT, &made).await?;
            tx.commit().await?;
        }
    }

    /// Lower-case hex. Test and production ids of the same value hash alike.
    pub fn hash(&self, key: &IdentityKey) -> String {
        hmac_sha256(self.0.expose_secret(), &format!("{} {} {}", key.game_id, key.kind, key.value))
    }
}

#[cfg(test)]
impl Salt {
    pub fn for_tests() -> Self {
        Self(SecretString::from("a test's salt"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn key(game: u128, test: bool, kind: &str, value: &str) -> IdentityKey {
        IdentityKey { game_id: Uuid::from_u128(game), test, kind: kind.into(), value: value.into() }
    }

    #[test]
    fn an_id_hashes_by_game_kind_and_value() {
        let salt = Salt::for_tests();
        let hash = salt.hash(&key(1, false, "anonymous", "a"));
        assert_eq!(hash.len(), 64);
        assert_eq!(hash, salt.hash(&key(1, true, "anonymous", "a")));
        for other in [key(2, false, "anonymous", "a"), key(1, false, "device", "a"), key(1, false, "anonymous", "b")] {
            assert_ne!(hash, salt.hash(&other));
        }
        assert_ne!(hash, Salt(SecretString::from("another")).hash(&key(1, false, "anonymous", "a")));
    }
}
