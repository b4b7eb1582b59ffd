//! Every sealed value of the database, wherever it lives, for the day the key is replaced.

use super::{Result, Tx, within};
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

/// The keys of `instance` whose values are sealed.
const SEALED_KEYS: [&str; 3] = [super::instance::KEY_CHECK, super::instance::SETUP_CODE, super::instance::ERASURE_SALT];

pub async fn all(tx: &mut Tx) -> Result<Vec<Sealed>> {
    let mut all = Vec::new();
    let mut add = |rows: Vec<(Uuid, String)>, kind: &str, home: fn(Uuid) -> Home| {
        all.extend(rows.into_iter().map(|(id, text)| Sealed { home: home(id), owner: format!("{kind}:{id}"), text }));
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
