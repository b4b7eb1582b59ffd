//! The tokens and authorisation codes that the simulated networks have given out, and what became of them.

use super::world::{self, World};
use crate::model::{HOUR, Millis, words};
use crate::server::secrets::random_bytes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A code is good for an hour (wire page, TikTok 1.7).
const CODE_LIFE: Millis = HOUR;
/// Tokens and codes kept; the oldest that a consent page gave out go first. A rehearsal has a handful.
const KEPT: usize = 1_000;

words! {
    /// What a token is worth right now.
    Worth {
        Valid = "valid",
        /// By a fault or a form; it can be restored.
        Expired = "expired",
        /// Given back by the app; for good.
        Revoked = "revoked",
    }
}

/// Whose token it is, where a network has several kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The network has one kind only.
    Plain,
    /// Of a person who let our app in.
    Person,
    /// Of the system user that a business let our app in with.
    SystemUser,
    /// Made by hand at the network, for no app of ours.
    ByHand,
    /// It buys access tokens and is shown nowhere else.
    Refresh,
    /// Bought with one of those.
    Access,
}

#[derive(Debug, Clone)]
pub struct Grant {
    pub network: &'static str,
    pub token: String,
    pub accounts: Arc<[String]>,
    pub may_send: bool,
    pub worth: Worth,
    /// Given out by a consent page, not there from the start.
    pub minted: bool,
    pub kind: Kind,
    /// When it ends by itself.
    pub ends_at: Option<Millis>,
    /// What the person allowed, where the network tells scopes apart.
    pub scope: String,
    /// The token that bought it.
    pub parent: Option<String>,
}

/// What a person agreed to on a consent page.
#[derive(Debug, Clone)]
pub struct Consent {
    pub network: &'static str,
    pub accounts: Arc<[String]>,
    pub kind: Kind,
    pub may_send: bool,
    /// The address that the browser was sent back to, where the exchange must name it.
    pub way_back: String,
    /// How long the token that the code buys is good.
    pub life: Option<Millis>,
    /// What the person allowed, where the network tells scopes apart.
    pub scope: String,
    /// The proof key that the exchange must show the secret of.
    pub challenge: Option<String>,
}

#[derive(Debug)]
struct Code {
    code: String,
    consent: Consent,
    given_at: Millis,
    used: bool,
}

/// Why a code buys no token.
#[derive(Debug, PartialEq, Eq)]
pub enum BadCode {
    Unknown,
    Used,
    Expired,
    /// Asked for with another way back than the consent had.
    OtherWayBack,
    /// Without the secret of its proof key.
    WrongProof,
}

#[derive(Debug, Default)]
struct Kept {
    grants: VecDeque<Grant>,
    codes: VecDeque<Code>,
}

#[derive(Debug)]
pub struct Tokens(RwLock<Kept>);

impl Tokens {
    /// The tokens that are there from the start.
    pub fn sample(world: &World) -> Self {
        let grant = |network, token: &str, may_send, kind| Grant {
            network,
            token: token.into(),
            accounts: world.ours(network).map(|account| account.id.clone()).collect(),
            may_send,
            worth: Worth::Valid,
            minted: false,
            kind,
            ends_at: None,
            scope: String::new(),
            parent: None,
        };
        let google = |token, kind, parent: Option<&str>| Grant {
            scope: world::GOOGLE_SCOPE.to_owned(),
            parent: parent.map(str::to_owned),
            ..grant("google", token, true, kind)
        };
        let grants = [
            grant("tiktok", world::TIKTOK_TOKEN, true, Kind::Plain),
            grant("meta", world::META_TOKEN, true, Kind::SystemUser),
            grant("meta", world::META_PASTED_TOKEN, true, Kind::ByHand),
            grant("meta", world::META_READ_TOKEN, false, Kind::ByHand),
            google(world::GOOGLE_REFRESH_TOKEN, Kind::Refresh, None),
            google(world::GOOGLE_ACCESS_TOKEN, Kind::Access, Some(world::GOOGLE_REFRESH_TOKEN)),
            grant("reddit", world::REDDIT_TOKEN, true, Kind::Plain),
            grant("reddit", world::REDDIT_SPARE_TOKEN, true, Kind::Plain),
            grant("reddit", world::REDDIT_READ_TOKEN, false, Kind::Plain),
        ];
        Self(RwLock::new(Kept { grants: grants.into(), codes: VecDeque::new() }))
    }

    pub fn find(&self, network: &str, token: &str) -> Option<Grant> {
        self.read().grants.iter().find(|grant| grant.network == network && grant.token == token).cloned()
    }

    pub fn all(&self) -> Vec<Grant> {
        self.read().grants.iter().cloned().collect()
    }

    /// A code for that consent, to be exchanged once within the hour.
    pub fn give_code(&self, consent: Consent, now: Millis) -> String {
        let code = hex::encode(random_bytes::<20>());
        let mut kept = self.write();
        if kept.codes.len() == KEPT {
            kept.codes.pop_front();
        }
        kept.codes.push_back(Code { code: code.clone(), consent, given_at: now, used: false });
        code
    }

    /// The token that the code buys.
    pub fn exchange(&self, network: &str, code: &str, way_back: &str, verifier: Option<&str>, now: Millis) -> Result<Grant, BadCode> {
        let mut kept = self.write();
        let meant = |known: &&mut Code| known.code == code && known.consent.network == network;
        let found = kept.codes.iter_mut().find(meant).ok_or(BadCode::Unknown)?;
        if found.consent.way_back != way_back {
            return Err(BadCode::OtherWayBack);
        }
        if found.used {
            return Err(BadCode::Used);
        }
        if now - found.given_at > CODE_LIFE {
            return Err(BadCode::Expired);
        }
        if found.consent.challenge.as_deref().is_some_and(|challenge| verifier.map(hash_of).as_deref() != Some(challenge)) {
            return Err(BadCode::WrongProof);
        }
        found.used = true;
        let consent = found.consent.clone();
        Ok(mint(&mut kept, &consent, now))
    }

    /// An access token for a grant.
    pub fn sell_access(&self, grant: &Grant, life: Millis, now: Millis) -> Grant {
        let Grant { network, accounts, may_send, scope, .. } = grant.clone();
        let consent =
            Consent { network, accounts, kind: Kind::Access, may_send, way_back: String::new(), life: Some(life), scope, challenge: None };
        let mut kept = self.write();
        let access = Grant { parent: Some(grant.token.clone()), ..mint(&mut kept, &consent, now) };
        if let Some(last) = kept.grants.back_mut() {
            last.clone_from(&access);
        }
        access
    }

    /// Another token for the same, with a life of its own.
    pub fn renew(&self, grant: &Grant, life: Millis, now: Millis) -> Grant {
        let (network, accounts, kind, may_send) = (grant.network, grant.accounts.clone(), grant.kind, grant.may_send);
        let scope = grant.scope.clone();
        let consent = Consent { network, accounts, kind, may_send, way_back: String::new(), life: Some(life), scope, challenge: None };
        mint(&mut self.write(), &consent, now)
    }

    /// Expires the network's valid tokens, or only the one named; says how many.
    pub fn expire(&self, network: &str, token: Option<&str>) -> usize {
        self.turn(network, token, Worth::Valid, Worth::Expired)
    }

    /// Makes the network's expired tokens good again, or only the one named; says how many.
    pub fn restore(&self, network: &str, token: Option<&str>) -> usize {
        self.turn(network, token, Worth::Expired, Worth::Valid)
    }

    pub fn revoke(&self, network: &str, token: &str) {
        self.turn(network, Some(token), Worth::Valid, Worth::Revoked);
    }

    fn turn(&self, network: &str, token: Option<&str>, from: Worth, to: Worth) -> usize {
        let mut kept = self.write();
        let meant = |grant: &&mut Grant| grant.network == network && grant.worth == from && token.is_none_or(|token| grant.token == token);
        kept.grants.iter_mut().filter(meant).map(|grant| grant.worth = to).count()
    }

    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// S256 of RFC 7636.
fn hash_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

fn mint(kept: &mut Kept, consent: &Consent, now: Millis) -> Grant {
    let grant = Grant {
        network: consent.network,
        token: hex::encode(random_bytes::<20>()),
        accounts: consent.accounts.clone(),
        may_send: consent.may_send,
        worth: Worth::Valid,
        minted: true,
        kind: consent.kind,
        ends_at: consent.life.map(|life| now + life),
        scope: consent.scope.clone(),
        parent: None,
    };
    if kept.grants.len() >= KEPT {
        let oldest = kept.grants.iter().position(|grant| grant.minted);
        oldest.map(|at| kept.grants.remove(at));
    }
    kept.grants.push_back(grant.clone());
    grant
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::sample(&World::sample())
    }

    fn consent(accounts: &[&str]) -> Consent {
        let accounts = accounts.iter().map(|id| (*id).to_owned()).collect();
        Consent {
            network: "tiktok",
            accounts,
            kind: Kind::Plain,
            may_send: true,
            way_back: "here".into(),
            life: Some(1),
            scope: String::new(),
            challenge: None,
        }
    }

    #[test]
    fn a_code_buys_one_token_within_the_hour() {
        let tokens = tokens();
        let code = tokens.give_code(consent(&["7"]), 0);
        assert_eq!(tokens.exchange("tiktok", &code, "there", None, HOUR).unwrap_err(), BadCode::OtherWayBack);
        assert_eq!(tokens.exchange("meta", &code, "here", None, HOUR).unwrap_err(), BadCode::Unknown);
        let grant = tokens.exchange("tiktok", &code, "here", None, HOUR).unwrap();
        assert_eq!((grant.token.len(), &*grant.accounts, grant.ends_at), (40, &["7".to_owned()][..], Some(HOUR + 1)));
        assert_eq!(tokens.exchange("tiktok", &code, "here", None, HOUR).unwrap_err(), BadCode::Used);
        let late = tokens.give_code(consent(&[]), 0);
        assert_eq!(tokens.exchange("tiktok", &late, "here", None, HOUR + 1).unwrap_err(), BadCode::Expired);
        assert_eq!(tokens.exchange("tiktok", "nonsense", "here", None, 0).unwrap_err(), BadCode::Unknown);
    }

    #[test]
    fn expired_comes_back_and_revoked_does_not() {
        let tokens = tokens();
        assert_eq!(tokens.expire("reddit", None), 3);
        assert_eq!(tokens.find("reddit", world::REDDIT_TOKEN).unwrap().worth, Worth::Expired);
        assert_eq!(tokens.restore("reddit", Some(world::REDDIT_TOKEN)), 1);
        tokens.revoke("tiktok", world::TIKTOK_TOKEN);
        assert_eq!(tokens.restore("tiktok", None), 0);
        assert_eq!(tokens.find("tiktok", world::TIKTOK_TOKEN).unwrap().worth, Worth::Revoked);
        assert!(tokens.find("tiktok", world::REDDIT_TOKEN).is_none());
    }

    #[test]
    fn tokens_given_out_are_bounded_and_the_first_ones_stay() {
        let tokens = tokens();
        for _ in 0..KEPT + 10 {
            let code = tokens.give_code(consent(&[]), 0);
            tokens.exchange("tiktok", &code, "here", None, 0).unwrap();
        }
        assert_eq!(tokens.all().len(), KEPT);
        assert!(tokens.find("tiktok", world::TIKTOK_TOKEN).is_some());
    }
}
