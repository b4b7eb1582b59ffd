//! Every row of every table as text, for tests that look for what must not be there.

use crate::server::db::Db;
use sqlx::AssertSqlSafe;

/// `table: column values …`, a row each. The migrations' own table is left out.
pub async fn dump(db: &Db) -> Vec<String> {
    let mut all = Vec::new();
    match db {
        Db::Sqlite { read, .. } => {
            let columns: Vec<(String, String)> = sqlx::query_as(
                "select m.name, p.name from sqlite_master m join pragma_table_info(m.name) p
                 where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like '\\_sqlx%' escape '\\' order by 1, p.cid",
            )
            .fetch_all(read)
            .await
            .unwrap();
            for table in columns.chunk_by(|one, other| one.0 == other.0) {
                let name = &table[0].0;
                let row: Vec<String> = table.iter().map(|(_, column)| format!("coalesce(cast({column} as text), '')")).collect();
                let rows: Vec<(Vec<u8>,)> =
                    sqlx::query_as(AssertSqlSafe(format!("select cast({} as blob) from {name}", row.join(" || ' ' || "))))
                        .fetch_all(read)
                        .await
                        .unwrap();
                all.extend(rows.into_iter().map(|(row,)| format!("{name}: {}", String::from_utf8_lossy(&row))));
            }
        }
        Db::Postgres(pool, _) => {
            let tables: Vec<(String,)> = sqlx::query_as(
                "select table_name::text from information_schema.tables where table_schema = 'public'
                 and not (select relispartition from pg_class where oid = table_name::text::regclass) and table_name not like '\\_sqlx%'",
            )
            .fetch_all(pool)
            .await
            .unwrap();
            for (name,) in tables {
                let rows: Vec<(String,)> =
                    sqlx::query_as(AssertSqlSafe(format!("select t::text from {name} t"))).fetch_all(pool).await.unwrap();
                all.extend(rows.into_iter().map(|(row,)| format!("{name}: {row}")));
            }
        }
    }
    all
}
