//! Games and who belongs to them.

use super::{Db, Result, Tx, on, within};
use crate::model::game::Game;
use crate::model::game_settings::GameSettings;
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

/// What people set for the game as a whole.
pub async fn settings(db: &Db, id: Uuid) -> Result<Option<GameSettings>> {
    let row: Option<(String, String, i32, i32, i32)> = on!(db, pool => sqlx::query_as(
        "select name, time_zone, window_days, keep_messages_days, keep_attempts_days from games where id = $1",
    )
    .bind(id)
    .fetch_optional(pool)
    .await)?;
    let read = |(name, time_zone, window_days, keep_messages_days, keep_attempts_days)| GameSettings {
        name,
        time_zone,
        window_days,
        keep_messages_days,
        keep_attempts_days,
    };
    Ok(row.map(read))
}

pub async fn set(tx: &mut Tx, id: Uuid, settings: &GameSettings) -> Result<()> {
    within!(tx, c => sqlx::query(
        "update games set name = $2, time_zone = $3, window_days = $4, keep_messages_days = $5, keep_attempts_days = $6 where id = $1",
    )
    .bind(id)
    .bind(&settings.name)
    .bind(&settings.time_zone)
    .bind(settings.window_days)
    .bind(settings.keep_messages_days)
    .bind(settings.keep_attempts_days)
    .execute(c)
    .await
    .map(drop))
}

/// Every game with the days that it keeps messages and attempts.
pub async fn keeping(db: &Db) -> Result<Vec<(Uuid, i32, i32)>> {
    on!(db, pool => sqlx::query_as("select id, keep_messages_days, keep_attempts_days from games order by id").fetch_all(pool).await)
}
