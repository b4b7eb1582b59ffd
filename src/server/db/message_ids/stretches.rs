//! SQLite: ids lie in stretches, in the order of their arrival, and filters in memory tell in which of them an id may be. So a new id costs
//! a place in the newest stretch, which is in memory, however many are known. One process owns the file, so nobody else adds any.

use super::super::{Error, Result, rows};
use super::filter::{Filter, Hashed};
use crate::model::Millis;
use futures::TryStreamExt;
use sqlx::{QueryBuilder, SqliteConnection};
use std::collections::HashSet;
use uuid::Uuid;

/// How many ids go where.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Of a stretch. Small enough for the newest one's part of each index to stay in the writer's memory; few stretches, because whoever looks for
    /// a player's messages looks into each.
    pub stretch: i64,
    /// Of a filter; it ends with a stretch.
    pub filter: i64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { stretch: 1 << 16, filter: 1 << 20 }
    }
}

/// What the writer knows of ids that were seen; empty until the first is claimed. It may know some of transactions that were rolled back, which
/// costs a look into the database and nothing else.
#[derive(Debug, Default)]
pub struct Seen {
    sizes: Sizes,
    parts: Vec<Part>,
    /// The newest stretch and how many ids it has, as far as this writer knows.
    reached: (i64, i64),
}

#[cfg(test)]
impl Seen {
    pub fn of(sizes: Sizes) -> Self {
        Self { sizes, ..Self::default() }
    }
}

/// The ids of some stretches, the last included. The newest part grows, and its last stretch is the newest one.
#[derive(Debug)]
struct Part {
    first: i64,
    last: i64,
    filter: Filter,
    ids: i64,
    stored: bool,
}

impl Part {
    /// With room for so many ids that are there already, or for as many as a filter gets.
    fn begin(first: i64, last: i64, ids: i64, sizes: Sizes) -> Self {
        let room = usize::try_from(ids.max(sizes.filter + sizes.stretch)).unwrap_or_default();
        Self { first, last, filter: Filter::with_room(room), ids: 0, stored: false }
    }

    fn add(&mut self, id: (Uuid, Uuid)) {
        self.filter.add(Hashed::of(id));
        self.ids += 1;
    }
}

/// Takes note of those not seen before and returns them.
pub async fn claim(c: &mut SqliteConnection, seen: &mut Seen, ids: &[(Uuid, Uuid)], now: Millis) -> Result<HashSet<(Uuid, Uuid)>> {
    let stretch = open(c, seen).await?;
    let mut new: HashSet<(Uuid, Uuid)> = ids.iter().copied().collect();
    for known in known(c, seen, &new).await? {
        new.remove(&known);
    }
    let taken: Vec<(Uuid, Uuid)> = new.iter().copied().collect();
    for piece in rows::pieces(&taken) {
        let mut query = QueryBuilder::new("insert into message_ids (stretch, game_id, message_id, received_at) ");
        query.push_values(piece, |mut row, (game, message)| {
            row.push_bind(stretch).push_bind(*game).push_bind(*message).push_bind(now);
        });
        query.build().execute(&mut *c).await?;
    }
    let newest = seen.parts.last_mut().expect("one is open");
    taken.iter().for_each(|id| newest.add(*id));
    let added = i64::try_from(taken.len()).unwrap_or(i64::MAX);
    sqlx::query("update stretches set ids = ids + $1 where stretch = $2").bind(added).bind(stretch).execute(c).await?;
    seen.reached.1 += added;
    Ok(new)
}

/// The stretch that takes the next ids, and its part, ready to be asked.
async fn open(c: &mut SqliteConnection, seen: &mut Seen) -> Result<i64> {
    let (mut stretch, mut ids): (i64, i64) =
        sqlx::query_as("select stretch, ids from stretches order by stretch desc limit 1").fetch_one(&mut *c).await?;
    if seen.parts.is_empty() || (stretch, ids) > seen.reached {
        *seen = read(c, seen.sizes).await?;
    }
    if ids >= seen.sizes.stretch {
        (stretch, ids) = (stretch + 1, 0);
        sqlx::query("insert into stretches (stretch, ids) values ($1, 0)").bind(stretch).execute(&mut *c).await?;
        forget_filters(c, seen).await?;
    }
    seen.reached = (stretch, ids);
    // What lies before the newest stretch is committed, and nothing is added to it.
    if seen.parts.last().is_none_or(|part| part.last < stretch && part.ids >= seen.sizes.filter) {
        seen.parts.push(Part::begin(stretch, stretch, 0, seen.sizes));
    }
    let (newest, closed) = seen.parts.split_last_mut().expect("one was pushed");
    newest.last = stretch;
    for part in closed.iter_mut().filter(|part| !part.stored) {
        store(c, part).await?;
    }
    Ok(stretch)
}

/// Should the transaction be rolled back it is not stored, and the next start reads its ids.
async fn store(c: &mut SqliteConnection, part: &mut Part) -> Result<()> {
    sqlx::query(
        "insert into message_id_filters (first_stretch, last_stretch, bits) values ($1, $2, $3)
         on conflict (first_stretch) do update set last_stretch = excluded.last_stretch, bits = excluded.bits",
    )
    .bind(part.first)
    .bind(part.last)
    .bind(part.filter.to_bytes())
    .execute(c)
    .await?;
    part.stored = true;
    Ok(())
}

/// Filters of which every id was forgotten.
async fn forget_filters(c: &mut SqliteConnection, seen: &mut Seen) -> Result<()> {
    let (oldest,): (Option<i64>,) = sqlx::query_as("select min(stretch) from message_ids").fetch_one(&mut *c).await?;
    let oldest = oldest.unwrap_or_default();
    sqlx::query("delete from message_id_filters where last_stretch < $1").bind(oldest).execute(c).await?;
    seen.parts.retain(|part| part.last >= oldest);
    Ok(())
}

const AMONG: &str = ") select w.game_id, w.message_id from wanted w cross join stretches s cross join message_ids m
     where s.stretch between w.first_stretch and w.last_stretch and m.stretch = s.stretch and m.game_id = w.game_id and m.message_id = w.message_id";

/// Those of them that were seen: of which a filter says that they may be, and that are there.
async fn known(c: &mut SqliteConnection, seen: &Seen, ids: &HashSet<(Uuid, Uuid)>) -> Result<Vec<(Uuid, Uuid)>> {
    let mut maybe: Vec<(i64, i64, Uuid, Uuid)> = Vec::new();
    for id in ids {
        let hashed = Hashed::of(*id);
        maybe.extend(seen.parts.iter().filter(|part| part.filter.may_hold(hashed)).map(|part| (part.first, part.last, id.0, id.1)));
    }
    let mut known = Vec::new();
    for list in rows::lists(&maybe) {
        let mut query = QueryBuilder::new("with wanted (first_stretch, last_stretch, game_id, message_id) as (");
        query.push_values(&list, |mut row, (first, last, game, message)| {
            row.push_bind(*first).push_bind(*last).push_bind(*game).push_bind(*message);
        });
        known.extend(query.push(AMONG).build_query_as::<(Uuid, Uuid)>().fetch_all(&mut *c).await?);
    }
    Ok(known)
}

/// The stored filters, and those of the stretches that have none: of the newest ones, and of all that there were before filters.
async fn read(c: &mut SqliteConnection, sizes: Sizes) -> Result<Seen> {
    let stored: Vec<(i64, i64, Vec<u8>)> =
        sqlx::query_as("select first_stretch, last_stretch, bits from message_id_filters order by first_stretch")
            .fetch_all(&mut *c)
            .await?;
    let mut parts = Vec::with_capacity(stored.len() + 1);
    for (first, last, bits) in stored {
        let filter = Filter::from_bytes(&bits).ok_or_else(|| Error::decode(format!("the filter of stretch {first} is broken")))?;
        parts.push(Part { first, last, filter, ids: sizes.filter, stored: true });
    }
    let all: Vec<(i64, i64)> = sqlx::query_as("select stretch, ids from stretches order by stretch").fetch_all(&mut *c).await?;
    let uncovered: Vec<(i64, i64)> =
        all.iter().copied().filter(|(stretch, _)| !parts.iter().any(|part| (part.first..=part.last).contains(stretch))).collect();
    let begins: Vec<i64> = parts.iter().map(|part| part.first).collect();
    for run in uncovered.chunk_by(|(one, _), (next, _)| !begins.iter().any(|first| (*one..*next).contains(first))) {
        let (first, last) = (run[0].0, run[run.len() - 1].0);
        let mut part = Part::begin(first, last, run.iter().map(|(_, ids)| ids).sum(), sizes);
        let mut ids = sqlx::query_as("select game_id, message_id from message_ids where stretch between $1 and $2")
            .bind(first)
            .bind(last)
            .fetch(&mut *c);
        while let Some(id) = ids.try_next().await? {
            part.add(id);
        }
        drop(ids);
        parts.push(part);
    }
    parts.sort_unstable_by_key(|part| part.first);
    Ok(Seen { sizes, parts, reached: all.last().copied().unwrap_or_default() })
}

const FORGET: &str = "delete from message_ids where (stretch, game_id, message_id) in (select stretch, game_id, message_id from message_ids
     where stretch = (select min(stretch) from message_ids) and received_at < $1 limit $2)";
/// The newest one takes what comes next.
const EMPTY: &str = "delete from stretches where stretch < (select max(stretch) from stretches)
     and not exists (select 1 from message_ids i where i.stretch = stretches.stretch) and not exists (select 1 from messages m where m.stretch = stretches.stretch)";

/// Forgets at most `limit` ids of the oldest stretch that were received before `then`, and the stretches that hold nothing any more.
pub async fn forget(c: &mut SqliteConnection, then: Millis, limit: i64) -> Result<u64> {
    let forgotten = sqlx::query(FORGET).bind(then).bind(limit).execute(&mut *c).await?.rows_affected();
    sqlx::query(EMPTY).execute(c).await?;
    Ok(forgotten)
}

/// The statements that could read much, each with how it is to find what it reads.
#[cfg(test)]
pub fn texts() -> Vec<(String, Vec<&'static str>)> {
    vec![
        (
            format!("with wanted (first_stretch, last_stretch, game_id, message_id) as (values (1, 2, 3, 4){AMONG}"),
            vec![
                "SEARCH s USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
                "SEARCH m USING PRIMARY KEY (stretch=? AND game_id=? AND message_id=?)",
            ],
        ),
        (FORGET.to_owned(), vec!["SEARCH message_ids USING PRIMARY KEY (stretch=?)"]),
        (EMPTY.to_owned(), vec!["SEARCH i USING PRIMARY KEY (stretch=?)", "SEARCH m USING COVERING INDEX messages_by_player (stretch=?)"]),
    ]
}
