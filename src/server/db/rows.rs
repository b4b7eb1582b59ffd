//! Many rows in one statement, in a few fixed sizes, so that each text is prepared once and then found in the statement cache.

use super::Result;
use sqlx::{Database, Encode, QueryBuilder, Sqlite, SqliteConnection, Type};
use uuid::Uuid;

/// Rows of a writing statement. The largest times the widest row stays far below SQLite's 32,766 and PostgreSQL's 65,535 parameters.
const WRITTEN: [usize; 5] = [256, 64, 16, 4, 1];
/// Keys of a reading statement; a list that nearly fills a size is filled up with its last key.
const READ: [usize; 4] = [256, 64, 16, 4];

/// The rows, cut into pieces of the sizes that statements have.
pub fn pieces<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = WRITTEN.into_iter().find(|size| *size <= rows.len())?;
        let (piece, rest) = rows.split_at(size);
        rows = rest;
        Some(piece)
    })
}

/// The keys, cut into lists of the sizes that statements have; some come twice, which a lookup does not mind.
pub fn lists<T: Clone>(mut keys: &[T]) -> impl Iterator<Item = Vec<T>> {
    std::iter::from_fn(move || {
        let last = keys.last()?.clone();
        let up = READ.into_iter().rev().find(|size| *size >= keys.len());
        let size = up.filter(|size| keys.len() * 2 >= *size || *size == READ[READ.len() - 1]);
        let size = size.unwrap_or_else(|| READ.into_iter().find(|size| *size <= keys.len()).expect("the list is longer than a size"));
        let (list, rest) = keys.split_at(size.min(keys.len()));
        keys = rest;
        let mut list = list.to_vec();
        list.resize(size, last);
        Some(list)
    })
}

/// `with wanted (id) as (values (…), …) `, to be joined: `from wanted w cross join t where t.id = w.id`. The cross join has SQLite begin
/// with the list and look each key up.
pub fn wanted<DB: Database>(ids: &[Uuid]) -> QueryBuilder<DB>
where
    for<'t> Uuid: Encode<'t, DB> + Type<DB>,
{
    let mut query = QueryBuilder::new("with wanted (id) as (");
    query.push_values(ids, |mut row, id| {
        row.push_bind(*id);
    });
    query.push(") ");
    query
}

/// A column of the rows, for PostgreSQL's `unnest`: one text for any number of rows, and so many times fewer parameters.
pub fn column<'r, R, V>(rows: &'r [R], value: impl Fn(&'r R) -> V) -> Vec<V> {
    rows.iter().map(value).collect()
}

/// Runs SQLite's statements one after the other. While its thread is at one, the next is put together.
pub async fn run(c: &mut SqliteConnection, mut statements: impl Iterator<Item = QueryBuilder<Sqlite>>) -> Result<()> {
    let mut next = statements.next();
    while let Some(mut query) = next {
        let (done, following) = tokio::join!(query.build().execute(&mut *c), async { statements.next() });
        done?;
        next = following;
    }
    Ok(())
}

/// `(…, …)`, after an `in`.
pub fn push_list<DB: Database>(query: &mut QueryBuilder<DB>, ids: &[Uuid])
where
    for<'t> Uuid: Encode<'t, DB> + Type<DB>,
{
    query.push("(");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(*id);
    }
    query.push(")");
}

/// A test's question to SQLite: with so many rows as a statement takes at most and with one, it reads no table of that name whole.
/// `head` names the rows and their columns, `told (id, word)`; `rest` follows the values.
#[cfg(test)]
pub async fn assert_no_scan(head: &str, rest: &str, table: &str) {
    let row = format!("({})", vec!["?"; head.matches(',').count() + 1].join(", "));
    for count in [1, WRITTEN[0]] {
        let values = vec![row.as_str(); count].join(", ");
        let steps = crate::tests::engines::sqlite_plan(&format!("with {head} as (values {values}{rest}")).await;
        let found = steps.iter().any(|step| step.starts_with(&format!("SEARCH {table} ")));
        let scans = steps.iter().any(|step| *step == format!("SCAN {table}") || step.starts_with(&format!("SCAN {table} ")));
        assert!(found && !scans, "{count} rows: {steps:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_exactly_one_piece() {
        for count in 0..600_usize {
            let rows: Vec<usize> = (0..count).collect();
            assert_eq!(pieces(&rows).flatten().copied().collect::<Vec<_>>(), rows);
            assert!(pieces(&rows).all(|piece| WRITTEN.contains(&piece.len())));
        }
    }

    #[test]
    fn every_key_is_in_a_list() {
        for count in 0..600_usize {
            let keys: Vec<usize> = (0..count).collect();
            let mut listed: Vec<usize> = lists(&keys).flatten().collect();
            listed.dedup();
            assert_eq!(listed, keys);
            assert!(lists(&keys).all(|list| READ.contains(&list.len())));
        }
    }
}
