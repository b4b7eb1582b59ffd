//! Sealed values, wherever they live: all of them for the day the key is replaced, and the tokens of a network.

use super::{Db, Result, Tx, on, within};
use crate::model::Millis;
use uuid::Uuid;

/// Where a sealed value lives.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Home {
    ApiKey(Uuid),
    Connection(Uuid),
    Grant(Uuid),
    Instance(String),
}

/// A sealed text and what it is sealed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    home: Home,
    pub owner: String,
    pub text: String,
}

impl Sealed {
    fn of(kind: &str, id: Uuid, home: fn(Uuid) -> Home, text: String) -> Self {
        Self { home: home(id), owner: format!("{kind}:{id}"), text }
    }
}

/// The keys of `instance` whose values are sealed.
const SEALED_KEYS: [&str; 2] = [super::instance::KEY_CHECK, super::instance::SETUP_CODE];

pub async fn all(tx: &mut Tx) -> Result<Vec<Sealed>> {
    let mut all = Vec::new();
    let mut add = |rows: Vec<(Uuid, String)>, kind: &str, home: fn(Uuid) -> Home| {
        all.extend(rows.into_iter().map(|(id, text)| Sealed::of(kind, id, home, text)));
    };
    let keys = within!(tx, c => sqlx::query_as("select id, sealed from api_keys where sealed is not null").fetch_all(c).await)?;
    add(keys, "api_key", Home::ApiKey);
    let connections = within!(tx, c => sqlx::query_as("select id, secret from connections where secret is not null").fetch_all(c).await)?;
    add(connections, "connection", Home::Connection);
    let grants = within!(tx, c => sqlx::query_as("select id, secret from grants").fetch_all(c).await)?;
    add(grants, "grant", Home::Grant);
    for key in SEALED_KEYS {
        let row: Option<(String,)> =
            within!(tx, c => sqlx::query_as("select value from instance where key = $1").bind(key).fetch_optional(c).await)?;
        all.extend(row.map(|(text,)| Sealed { home: Home::Instance(key.to_owned()), owner: format!("instance:{key}"), text }));
    }
    Ok(all)
}

/// The tokens that games are connected to the network with, and those of consents that still wait for their account to be picked.
pub async fn tokens(db: &Db, network: &str, now: Millis) -> Result<Vec<Sealed>> {
    let connections: Vec<(Uuid, String)> = on!(db, pool => sqlx::query_as(
        "select id, secret from connections where network = $1 and secret is not null",
    )
    .bind(network)
    .fetch_all(pool)
    .await)?;
    let grants: Vec<(Uuid, String)> = on!(db, pool => sqlx::query_as(
        "select id, secret from grants where network = $1 and expires_at > $2",
    )
    .bind(network)
    .bind(now)
    .fetch_all(pool)
    .await)?;
    let connections = connections.into_iter().map(|(id, text)| Sealed::of("connection", id, Home::Connection, text));
    Ok(connections.chain(grants.into_iter().map(|(id, text)| Sealed::of("grant", id, Home::Grant, text))).collect())
}

/// Puts the text sealed anew in place of the former one, unless that was changed meanwhile.
pub async fn replace(tx: &mut Tx, value: &Sealed, text: &str) -> Result<()> {
    let sql = match value.home {
        Home::ApiKey(_) => "update api_keys set sealed = $2 where id = $1 and sealed = $3",
        Home::Connection(_) => "update connections set secret = $2 where id = $1 and secret = $3",
        Home::Grant(_) => "update grants set secret = $2 where id = $1 and secret = $3",
        Home::Instance(_) => "update instance set value = $2 where key = $1 and value = $3",
    };
    match &value.home {
        Home::ApiKey(id) | Home::Connection(id) | Home::Grant(id) => {
            within!(tx, c => sqlx::query(sql).bind(id).bind(text).bind(&value.text).execute(c).await.map(drop))
        }
        Home::Instance(key) => within!(tx, c => sqlx::query(sql).bind(key).bind(text).bind(&value.text).execute(c).await.map(drop)),
    }
}
