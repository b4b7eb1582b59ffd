//! Through the network's consent page: out with a state, back with a code, then a choice from what the token may use.

use super::save::{NewConnection, save};
use super::{Actor, ConnectFailure, Desk};
use crate::model::Millis;
use crate::model::connection::Connection;
use crate::model::{HOUR, MINUTE};
use crate::server::db::grants::{self, Grant, OauthState};
use crate::server::networks::contract::{Choice, Choices, ConnectError, Destination, Network, OAuth, Token};
use crate::server::networks::find;
use crate::server::secrets::{fingerprint, random_token};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A consent that takes longer has to be started again.
const STATE_LIFE: Millis = 10 * MINUTE;
/// How long a token waits for its account and pixel to be picked.
const GRANT_LIFE: Millis = HOUR;
/// Pages of a list that are read at the most (TikTok: 20 a page).
const MAX_PAGES: usize = 50;
/// Calls that a token may need after its exchange.
const MAX_STEPS: usize = 6;
/// A longer answer than any network's code is not one.
const MAX_CODE: usize = 2_048;

/// What the browser brings back.
#[derive(Debug, Default)]
pub struct Callback {
    pub state: Option<String>,
    /// The code under the network's own parameter name.
    pub code: Option<String>,
}

/// Where the browser goes next: to the picker of this grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    pub grant_id: Uuid,
    pub game_id: Uuid,
    pub popup: bool,
}

/// Accounts of a grant, and the targets of the one that is picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub accounts: Vec<Choice>,
    pub account: Option<Choice>,
    pub targets: Vec<Choice>,
}

fn oauth_of(network: &dyn Network) -> Result<&dyn OAuth, ConnectFailure> {
    network.oauth().ok_or(ConnectFailure::NotFound)
}

/// The dialog's address; the state in it is bound to this session, user, game and network, for ten minutes and one use.
pub async fn begin(desk: &Desk, actor: Actor<'_>, slug: &str, session: &str, popup: bool) -> Result<url::Url, ConnectFailure> {
    let network = find(slug).ok_or(ConnectFailure::NotFound)?;
    let oauth = oauth_of(network)?;
    let (state, verifier) = (random_token(""), random_token(""));
    let dialog = oauth.with_challenge(oauth.dialog(&desk.settings, &desk.redirect_uri(slug), &state)?, &challenge(&verifier));
    let state_hash = fingerprint(&state);
    let mut tx = desk.db.begin().await?;
    let stored = OauthState {
        verifier: Some(desk.sealer.seal(&owner_of_state(&state_hash), &verifier.into())),
        state_hash,
        session_hash: fingerprint(session),
        user_id: actor.account.id,
        game_id: actor.game.id,
        network: slug.to_owned(),
        popup,
        created_at: actor.now,
        expires_at: actor.now + STATE_LIFE,
    };
    grants::remember_state(&mut tx, &stored).await?;
    tx.commit().await?;
    Ok(dialog)
}

/// Takes the state out, whoever brings it; only then is anything else looked at.
pub async fn take_state(
    desk: &Desk,
    slug: &str,
    state: Option<&str>,
    session: &str,
    user_id: Uuid,
    now: Millis,
) -> Result<OauthState, ConnectFailure> {
    let mut tx = desk.db.begin().await?;
    let stored = match state {
        Some(state) if state.len() <= MAX_CODE => grants::take_state(&mut tx, &fingerprint(state)).await?,
        _ => None,
    };
    tx.commit().await?;
    let stored = stored.ok_or(ConnectFailure::Stale)?;
    let good =
        stored.network == slug && stored.user_id == user_id && stored.session_hash == fingerprint(session) && stored.expires_at > now;
    good.then_some(stored).ok_or(ConnectFailure::Stale)
}

/// Turns the code of a taken state into a grant.
pub async fn exchange(desk: &Desk, state: &OauthState, code: Option<&str>, now: Millis) -> Result<Returned, ConnectFailure> {
    let network = find(&state.network).ok_or(ConnectFailure::NotFound)?;
    let oauth = oauth_of(network)?;
    let code = code.filter(|code| !code.is_empty() && code.len() <= MAX_CODE).ok_or(ConnectFailure::Denied)?;
    let verifier = state.verifier.as_deref().ok_or(ConnectFailure::Stale)?;
    let verifier = desk.sealer.open(&owner_of_state(&state.state_hash), verifier).map_err(|_| ConnectFailure::Stale)?;
    let exchange = oauth.with_verifier(oauth.exchange(&desk.settings, &desk.redirect_uri(&state.network), code)?, &verifier);
    let answer = desk.ask(&exchange).await?;
    let token = whole(desk, oauth, oauth.read_exchange(&answer, now)?, now).await?;
    let id = Uuid::now_v7();
    let grant = Grant {
        id,
        game_id: state.game_id,
        network: state.network.clone(),
        user_id: state.user_id,
        secret: desk.sealer.seal(&owner(id), &token.secret),
        secret_expires_at: token.expires_at,
        secret_holder: token.holder,
        created_at: now,
        expires_at: now + GRANT_LIFE,
    };
    let mut tx = desk.db.begin().await?;
    grants::store(&mut tx, &grant).await?;
    tx.commit().await?;
    Ok(Returned { grant_id: id, game_id: state.game_id, popup: state.popup })
}

/// The token once the network's code needs no further call for it.
async fn whole(desk: &Desk, oauth: &dyn OAuth, mut token: Token, now: Millis) -> Result<Token, ConnectFailure> {
    for _ in 0..MAX_STEPS {
        let Some(request) = oauth.next(&desk.settings, &token)? else { return Ok(token) };
        let answer = desk.ask(&request).await?;
        token = oauth.read_next(&desk.settings, token, &answer, now)?;
    }
    Err(ConnectError::Unavailable { words: "The token is not whole after as many calls as any network needs.".into() }.into())
}

/// S256 of RFC 7636.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

fn owner_of_state(state_hash: &str) -> String {
    format!("state:{state_hash}")
}

fn owner(grant: Uuid) -> String {
    format!("grant:{grant}")
}

/// What the grant's token may use. With one account, that account is picked.
pub async fn offer(desk: &Desk, actor: Actor<'_>, slug: &str, grant_id: Uuid, account: Option<&str>) -> Result<Offer, ConnectFailure> {
    let (network, _, token) = open(desk, actor, slug, grant_id).await?;
    let accounts = list_accounts(desk, network, &token, actor.now).await?;
    let account = match (account, accounts.as_slice()) {
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
        (Some(id), all) => Some(all.iter().find(|choice| choice.id == id).cloned().ok_or(ConnectFailure::NotInList)?),
    };
    let targets = match &account {
        Some(account) => list_targets(desk, network, &token, account, actor.now).await?,
        None => Vec::new(),
    };
    Ok(Offer { accounts, account, targets })
}

/// What was picked in the form.
#[derive(Debug, Clone)]
pub struct Pick {
    pub grant_id: Uuid,
    pub account: String,
    pub target: String,
    pub test_code: String,
    /// The person has seen how many postbacks of the former target are cancelled.
    pub confirmed: bool,
}

/// Saves the connection, if account and target are in the lists that this token returns.
pub async fn pick(desk: &Desk, actor: Actor<'_>, slug: &str, pick: &Pick) -> Result<Connection, ConnectFailure> {
    let (network, grant, token) = open(desk, actor, slug, pick.grant_id).await?;
    let among = |list: Vec<Choice>, id: &str| list.into_iter().find(|choice| choice.id == id).ok_or(ConnectFailure::NotInList);
    let account = among(list_accounts(desk, network, &token, actor.now).await?, &pick.account)?;
    let target = among(list_targets(desk, network, &token, &account, actor.now).await?, &pick.target)?;
    let new = NewConnection {
        network: network.spec(),
        account: Some(account),
        target,
        token,
        token_expires_at: grant.secret_expires_at,
        pasted: false,
        holder: grant.secret_holder.as_deref(),
        test_code: pick.test_code.trim(),
        confirmed: pick.confirmed,
        grant_id: Some(grant.id),
    };
    save(desk, actor, &new).await
}

async fn open(desk: &Desk, actor: Actor<'_>, slug: &str, id: Uuid) -> Result<(&'static dyn Network, Grant, SecretString), ConnectFailure> {
    let network = find(slug).ok_or(ConnectFailure::NotFound)?;
    let grant = grants::find(&desk.db, id, actor.game.id, slug, actor.account.id, actor.now).await?.ok_or(ConnectFailure::Stale)?;
    let token = desk.sealer.open(&owner(id), &grant.secret).map_err(|_| ConnectFailure::Stale)?;
    Ok((network, grant, token))
}

async fn list_accounts(desk: &Desk, network: &dyn Network, token: &SecretString, now: Millis) -> Result<Vec<Choice>, ConnectFailure> {
    let (oauth, spec) = (oauth_of(network)?, network.spec());
    let mut list = Vec::new();
    let mut cursor = None;
    for _ in 0..MAX_PAGES {
        let answer = desk.ask_with(network, token, |token| oauth.accounts(&desk.settings, token, cursor.as_deref()), now).await?;
        cursor = take_page(&mut list, oauth.read_accounts(cursor.as_deref(), &answer)?);
        if cursor.is_none() {
            break;
        }
    }
    list.retain(|choice| spec.account_id.fits(&choice.id));
    Ok(list)
}

async fn list_targets(
    desk: &Desk,
    network: &dyn Network,
    token: &SecretString,
    account: &Choice,
    now: Millis,
) -> Result<Vec<Choice>, ConnectFailure> {
    let (oauth, spec) = (oauth_of(network)?, network.spec());
    let mut list = Vec::new();
    let mut cursor = None;
    for _ in 0..MAX_PAGES {
        let answer = desk.ask_with(network, token, |token| oauth.targets(&desk.settings, token, account, cursor.as_deref()), now).await?;
        cursor = take_page(&mut list, oauth.read_targets(account, cursor.as_deref(), &answer)?);
        if cursor.is_none() {
            break;
        }
    }
    list.retain(|choice| spec.target_id.fits(&choice.id));
    Ok(list)
}

fn take_page(list: &mut Vec<Choice>, page: Choices) -> Option<String> {
    for choice in page.list {
        // The same one may be reached by several ways.
        if list.iter().all(|known| known.id != choice.id) {
            list.push(choice);
        }
    }
    page.next
}

/// Tells the network that the token is no longer wanted. What it answers changes nothing here.
pub async fn revoke(desk: &Desk, slug: &str, of: &Destination) {
    let Some(oauth) = find(slug).and_then(|network| network.oauth()) else { return };
    if let Some(request) = oauth.revoke(&desk.settings, of)
        && let Err(ConnectError::Unavailable { words }) = desk.ask(&request).await
    {
        tracing::warn!(network = slug, %words, "the token could not be given back");
    }
}
