//! Games and who belongs to them.

use super::{Db, Result, Tx, on, within};
use crate::model::game::Game;
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    slug: String,
    name: String,
    time_zone: String,
    window_days: i32,
    created_at: i64,
}

impl From<Row> for Game {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            time_zone: row.time_zone,
            window_days: row.window_days,
            created_at: row.created_at,
        }
    }
}

pub async fn insert(tx: &mut Tx, game: &Game) -> Result<()> {
    within!(tx, c => sqlx::query(
        "insert into games (id, slug, name, time_zone, window_days, created_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(game.id)
    .bind(&game.slug)
    .bind(&game.name)
    .bind(&game.time_zone)
    .bind(game.window_days)
    .bind(game.created_at)
    .execute(c)
    .await
    .map(drop))
}

pub async fn by_slug(db: &Db, slug: &str) -> Result<Option<Game>> {
    let row: Option<Row> = on!(db, pool => sqlx::query_as(
        "select id, slug, name, time_zone, window_days, created_at from games where slug = $1",
    )
    .bind(slug)
    .fetch_optional(pool)
    .await)?;
    Ok(row.map(Game::from))
}

/// The games a person belongs to by name; with None all games, as the operator sees them.
pub async fn of_user(db: &Db, user_id: Option<Uuid>) -> Result<Vec<Game>> {
    let rows: Vec<Row> = match user_id {
        Some(user_id) => on!(db, pool => sqlx::query_as(
            "select g.id, g.slug, g.name, g.time_zone, g.window_days, g.created_at from games g
             join memberships m on m.game_id = g.id where m.user_id = $1 order by lower(g.name), g.slug",
        )
        .bind(user_id)
        .fetch_all(pool)
        .await)?,
        None => on!(db, pool => sqlx::query_as(
            "select id, slug, name, time_zone, window_days, created_at from games order by lower(name), slug",
        )
        .fetch_all(pool)
        .await)?,
    };
    Ok(rows.into_iter().map(Game::from).collect())
}

pub async fn by_id(db: &Db, id: Uuid) -> Result<Option<Game>> {
    let row: Option<Row> = on!(db, pool => sqlx::query_as(
        "select id, slug, name, time_zone, window_days, created_at from games where id = $1",
    )
    .bind(id)
    .fetch_optional(pool)
    .await)?;
    Ok(row.map(Game::from))
}
