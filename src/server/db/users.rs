//! People and their password hashes.

use super::{Db, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::user::Account;
use uuid::Uuid;

/// A person to store. The email is lower-cased and trimmed by the caller.
pub struct NewUser<'a> {
    pub id: Uuid,
    pub email: &'a str,
    pub password_hash: &'a str,
    pub operator: bool,
    pub created_at: Millis,
}

/// A unique violation on `users.email` where the address is taken.
pub async fn insert(tx: &mut Tx, user: &NewUser<'_>) -> Result<()> {
    within!(tx, c => sqlx::query("insert into users (id, email, password_hash, operator, created_at) values ($1, $2, $3, $4, $5)")
        .bind(user.id)
        .bind(user.email)
        .bind(user.password_hash)
        .bind(user.operator)
        .bind(user.created_at)
        .execute(c)
        .await
        .map(drop))
}

pub async fn by_id(db: &Db, id: Uuid) -> Result<Option<Account>> {
    let row: Option<(Uuid, String, bool)> = on!(db, pool => sqlx::query_as("select id, email, operator from users where id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await)?;
    Ok(row.map(account))
}

/// The person with this address and the hash of their password.
pub async fn by_email(db: &Db, email: &str) -> Result<Option<(Account, String)>> {
    let row: Option<(Uuid, String, bool, String)> = on!(db, pool => sqlx::query_as(
        "select id, email, operator, password_hash from users where email = $1",
    )
    .bind(email)
    .fetch_optional(pool)
    .await)?;
    Ok(row.map(|(id, email, operator, hash)| (account((id, email, operator)), hash)))
}

pub async fn set_password(tx: &mut Tx, id: Uuid, password_hash: &str) -> Result<()> {
    within!(tx, c => sqlx::query("update users set password_hash = $2 where id = $1").bind(id).bind(password_hash).execute(c).await.map(drop))
}

/// Whether anyone can sign in yet.
pub async fn any(db: &Db) -> Result<bool> {
    let row: Option<(Uuid,)> = on!(db, pool => sqlx::query_as("select id from users limit 1").fetch_optional(pool).await)?;
    Ok(row.is_some())
}

fn account((id, email, operator): (Uuid, String, bool)) -> Account {
    Account { id, email, operator }
}
