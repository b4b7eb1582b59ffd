//! Who belongs to which game, in which role.

use super::{Db, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::user::Role;
use uuid::Uuid;

pub async fn insert(tx: &mut Tx, user_id: Uuid, game_id: Uuid, role: Role, now: Millis) -> Result<()> {
    within!(tx, c => sqlx::query("insert into memberships (user_id, game_id, role, created_at) values ($1, $2, $3, $4)")
        .bind(user_id)
        .bind(game_id)
        .bind(role.word())
        .bind(now)
        .execute(c)
        .await
        .map(drop))
}

pub async fn role(db: &Db, user_id: Uuid, game_id: Uuid) -> Result<Option<Role>> {
    let row: Option<(String,)> = on!(db, pool => sqlx::query_as("select role from memberships where user_id = $1 and game_id = $2")
        .bind(user_id)
        .bind(game_id)
        .fetch_optional(pool)
        .await)?;
    Ok(row.and_then(|(role,)| Role::from_word(&role)))
}
