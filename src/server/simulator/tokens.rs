//! The tokens and authorisation codes that the simulated networks have given out, and what became of them.

use super::world::{self, World};
use crate::model::{HOUR, Millis, words};
use crate::server::secrets::random_bytes;
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

#[derive(Debug, Clone)]
pub struct Grant {
    pub network: &'static str,
    pub token: String,
    pub accounts: Arc<[String]>,
    pub may_send: bool,
    pub worth: Worth,
    /// Given out by a consent page, not there from the start.
    pub minted: bool,
}

#[derive(Debug)]
struct Code {
    code: String,
    accounts: Arc<[String]>,
    given_at: Millis,
    used: bool,
}

/// Why a code buys no token.
#[derive(Debug, PartialEq, Eq)]
pub enum BadCode {
    Unknown,
    Used,
    Expired,
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
        let grant = |network, token: &str, may_send| Grant {
            network,
            token: token.into(),
            accounts: world.ours(network).map(|account| account.id.clone()).collect(),
            may_send,
            worth: Worth::Valid,
            minted: false,
        };
        let grants = [
            grant("tiktok", world::TIKTOK_TOKEN, true),
            grant("reddit", world::REDDIT_TOKEN, true),
            grant("reddit", world::REDDIT_SPARE_TOKEN, true),
            grant("reddit", world::REDDIT_READ_TOKEN, false),
        ];
        Self(RwLock::new(Kept { grants: grants.into(), codes: VecDeque::new() }))
    }

    pub fn find(&self, network: &str, token: &str) -> Option<Grant> {
        self.read().grants.iter().find(|grant| grant.network == network && grant.token == token).cloned()
    }

    pub fn all(&self) -> Vec<Grant> {
        self.read().grants.iter().cloned().collect()
    }

    /// A code for those accounts, to be exchanged once within the hour.
    pub fn give_code(&self, accounts: Vec<String>, now: Millis) -> String {
        let code = hex::encode(random_bytes::<20>());
        let mut kept = self.write();
        if kept.codes.len() == KEPT {
            kept.codes.pop_front();
        }
        kept.codes.push_back(Code { code: code.clone(), accounts: accounts.into(), given_at: now, used: false });
        code
    }

    /// The token that the code buys.
    pub fn exchange(&self, network: &'static str, code: &str, now: Millis) -> Result<Grant, BadCode> {
        let mut kept = self.write();
        let found = kept.codes.iter_mut().find(|known| known.code == code).ok_or(BadCode::Unknown)?;
        if found.used {
            return Err(BadCode::Used);
        }
        if now - found.given_at > CODE_LIFE {
            return Err(BadCode::Expired);
        }
        found.used = true;
        let accounts = found.accounts.clone();
        let token = hex::encode(random_bytes::<20>());
        let grant = Grant { network, token, accounts, may_send: true, worth: Worth::Valid, minted: true };
        if kept.grants.len() >= KEPT {
            let oldest = kept.grants.iter().position(|grant| grant.minted);
            oldest.map(|at| kept.grants.remove(at));
        }
        kept.grants.push_back(grant.clone());
        Ok(grant)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::sample(&World::sample())
    }

    #[test]
    fn a_code_buys_one_token_within_the_hour() {
        let tokens = tokens();
        let code = tokens.give_code(vec!["7".into()], 0);
        let grant = tokens.exchange("tiktok", &code, HOUR).unwrap();
        assert_eq!((grant.token.len(), &*grant.accounts), (40, &["7".to_owned()][..]));
        assert_eq!(tokens.exchange("tiktok", &code, HOUR).unwrap_err(), BadCode::Used);
        let late = tokens.give_code(vec![], 0);
        assert_eq!(tokens.exchange("tiktok", &late, HOUR + 1).unwrap_err(), BadCode::Expired);
        assert_eq!(tokens.exchange("tiktok", "nonsense", 0).unwrap_err(), BadCode::Unknown);
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
            let code = tokens.give_code(vec![], 0);
            tokens.exchange("tiktok", &code, 0).unwrap();
        }
        assert_eq!(tokens.all().len(), KEPT);
        assert!(tokens.find("tiktok", world::TIKTOK_TOKEN).is_some());
    }
}
