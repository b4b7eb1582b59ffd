//! New rows, many at once, told once for both engines: SQLite takes them a few hundred a statement, PostgreSQL as a stream (`copy`), which
//! costs it a third less than the columns of an `insert` (BENCHMARKS.md). Rows that may be there already cannot go this way.

use super::{Error, Result, Tx, rows};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArgumentBuffer;
use sqlx::query_builder::Separated;
use sqlx::{Encode, PgConnection, Postgres, QueryBuilder, Sqlite, SqliteConnection, Type};

/// Where rows go.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    /// Divided by commas, in the order in which a row says its values.
    pub columns: &'static str,
    /// A column that only SQLite has, with the expression of its value.
    pub sqlite_too: Option<(&'static str, &'static str)>,
}

/// What takes the values of a row, one after the other.
pub enum Values<'a> {
    Sqlite(Separated<'a, Sqlite, &'static str>),
    Postgres(&'a mut Stream),
}

impl Values<'_> {
    /// The value of the next column. PostgreSQL takes it as it is: a number must have the width of its column.
    pub fn put<'v, V>(&mut self, value: V) -> &mut Self
    where
        V: Encode<'v, Sqlite> + Type<Sqlite> + Encode<'v, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => {
                row.push_bind(value);
            }
            Self::Postgres(stream) => stream.put(value),
        }
        self
    }
}

/// Puts the rows into the table; `fill` says the values of one.
pub async fn insert<R>(tx: &mut Tx, table: Table, rows: &[R], fill: impl Fn(&mut Values, &R)) -> Result<()> {
    match tx {
        Tx::Sqlite(tx, _) => insert_by_statement(tx, table, rows, fill).await,
        Tx::Postgres(tx, _) if !rows.is_empty() => {
            let stream = Stream::of(table.columns.split(',').count(), rows, fill)?;
            copy(tx, table, &stream).await
        }
        Tx::Postgres(..) => Ok(()),
    }
}

async fn insert_by_statement<R>(c: &mut SqliteConnection, table: Table, rows: &[R], fill: impl Fn(&mut Values, &R)) -> Result<()> {
    let Table { name, columns, sqlite_too } = table;
    let text = match sqlite_too {
        Some((more, _)) => format!("insert into {name} ({columns}, {more}) "),
        None => format!("insert into {name} ({columns}) "),
    };
    let statement = |piece: &[R]| {
        let mut query = QueryBuilder::new(text.as_str());
        query.push_values(piece, |row, of| {
            let mut values = Values::Sqlite(row);
            fill(&mut values, of);
            if let (Values::Sqlite(row), Some((_, value))) = (&mut values, sqlite_too) {
                row.push(value);
            }
        });
        query
    };
    rows::run(c, rows::pieces(rows).map(statement)).await
}

/// Bytes that go in one message; PostgreSQL keeps room for the largest that it saw.
const PIECE: usize = 64 * 1024;

async fn copy(c: &mut PgConnection, table: Table, stream: &Stream) -> Result<()> {
    let text = format!("copy {} ({}) from stdin (format binary)", table.name, table.columns);
    let mut copy = c.copy_in_raw(&text).await?;
    for piece in stream.buffer.chunks(PIECE) {
        copy.send(piece).await?;
    }
    copy.finish().await.map(drop)
}

/// Rows as PostgreSQL's binary `copy` wants them (postgresql.org, “COPY”, “Binary Format”): of each the number of its fields, and of each
/// field its length in bytes, or -1 for null, and its bytes as they go in an argument.
pub struct Stream {
    buffer: PgArgumentBuffer,
    /// A value that could not be written.
    wrong: Option<BoxDynError>,
}

const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const NULL: [u8; 4] = (-1_i32).to_be_bytes();
const END: [u8; 2] = (-1_i16).to_be_bytes();

impl Stream {
    fn of<R>(fields: usize, rows: &[R], fill: impl Fn(&mut Values, &R)) -> Result<Self> {
        let fields = i16::try_from(fields).expect("a table has few columns");
        let mut stream = Self { buffer: PgArgumentBuffer::default(), wrong: None };
        stream.buffer.extend_from_slice(HEAD);
        for row in rows {
            stream.buffer.extend_from_slice(&fields.to_be_bytes());
            fill(&mut Values::Postgres(&mut stream), row);
        }
        stream.buffer.extend_from_slice(&END);
        match stream.wrong.take() {
            Some(wrong) => Err(Error::Encode(wrong)),
            None => Ok(stream),
        }
    }

    fn put<'v>(&mut self, value: impl Encode<'v, Postgres>) {
        let start = self.buffer.len() + NULL.len();
        self.buffer.extend_from_slice(&NULL);
        match value.encode(&mut self.buffer) {
            Ok(IsNull::Yes) => {}
            Ok(IsNull::No) => {
                let length = i32::try_from(self.buffer.len() - start).expect("a value is far below 2 GiB");
                self.buffer[start - NULL.len()..start].copy_from_slice(&length.to_be_bytes());
            }
            Err(wrong) => self.wrong = Some(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// Two rows, written by hand after the manual.
    #[test]
    fn a_stream_is_what_the_manual_says() {
        let rows = [(7_i32, Some("ab"), true), (-2, None, false)];
        let stream = Stream::of(4, &rows, |row, (number, text, flag)| {
            row.put(*number).put(*text).put(*flag).put(Uuid::from_u128(1));
        })
        .unwrap();
        let id = [0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let expected = [
            b"PGCOPY\n\xff\r\n\0".as_slice(),
            &[0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 4, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 2, b'a', b'b', 0, 0, 0, 1, 1],
            &id,
            &[0, 4, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0],
            &id,
            &[0xff, 0xff],
        ]
        .concat();
        assert_eq!(stream.buffer[..], expected[..]);
    }
}
