//! Sealing: what must stay secret is stored as XChaCha20-Poly1305 text, bound to what it belongs to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::TryRngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const NONCE_BYTES: usize = 24;

/// A text that this key did not seal, or not for this owner.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open: the secret key is not the one it was sealed with")]
pub struct CannotOpen;

/// The instance's sealing key, with the previous one while it is being replaced.
#[derive(Clone)]
pub struct Sealer {
    current: XChaCha20Poly1305,
    previous: Option<XChaCha20Poly1305>,
}

impl Sealer {
    pub fn new(current: &[u8; 32], previous: Option<&[u8; 32]>) -> Self {
        Self { current: XChaCha20Poly1305::new(current.into()), previous: previous.map(|key| XChaCha20Poly1305::new(key.into())) }
    }

    /// Base64 of nonce and ciphertext. `owner` (e.g. `connection:<id>`) must be given again to open it.
    pub fn seal(&self, owner: &str, secret: &SecretString) -> String {
        let nonce = random_bytes::<NONCE_BYTES>();
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: owner.as_bytes() };
        let sealed = self.current.encrypt(XNonce::from_slice(&nonce), payload).expect("a secret is far below the cipher's limit");
        STANDARD.encode([nonce.as_slice(), &sealed].concat())
    }

    pub fn open(&self, owner: &str, sealed: &str) -> Result<SecretString, CannotOpen> {
        let bytes = STANDARD.decode(sealed).map_err(|_| CannotOpen)?;
        let (nonce, text) = bytes.split_at_checked(NONCE_BYTES).ok_or(CannotOpen)?;
        let open = |cipher: &XChaCha20Poly1305| cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: text, aad: owner.as_bytes() });
        let plain = open(&self.current).or_else(|_| self.previous.as_ref().map(open).ok_or(CannotOpen)?.map_err(|_| CannotOpen));
        String::from_utf8(plain?).map(SecretString::from).map_err(|_| CannotOpen)
    }
}

/// Bytes from the operating system's generator.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// 32 random bytes as hex, behind a prefix: keys, states, lease ids that leave the process.
pub fn random_token(prefix: &str) -> String {
    format!("{prefix}{}", hex::encode(random_bytes::<32>()))
}

/// Lower-case hex SHA-256: how keys, session ids and OAuth states are looked up.
pub fn fingerprint(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Whether two secrets are the same, in a time that does not tell how much of them is.
pub fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_for_its_owner_only() {
        let sealer = Sealer::new(&[7; 32], None);
        let sealed = sealer.seal("connection:1", &SecretString::from("hunter2"));
        assert!(!sealed.contains("hunter2"));
        assert_eq!(sealer.open("connection:1", &sealed).unwrap().expose_secret(), "hunter2");
        assert!(sealer.open("connection:2", &sealed).is_err());
        assert!(Sealer::new(&[8; 32], None).open("connection:1", &sealed).is_err());
        assert!(sealer.open("connection:1", "not base64!").is_err());
        assert!(sealer.open("connection:1", "c2hvcnQ=").is_err());
    }

    #[test]
    fn the_previous_key_still_opens() {
        let sealed = Sealer::new(&[7; 32], None).seal("o", &SecretString::from("s"));
        let rotated = Sealer::new(&[8; 32], Some(&[7; 32]));
        assert_eq!(rotated.open("o", &sealed).unwrap().expose_secret(), "s");
    }
}
