//! Both engines hold the same tables, columns and nullability; SQLite has stretches, and the ids of messages lie in them.

use super::engines;
use crate::server::db::Db;

#[tokio::test]
async fn both_migrations_make_the_same_tables() {
    let (sqlite, postgres) = (engines::sqlite().await, engines::postgres().await);
    let (Db::Sqlite { read, .. }, Db::Postgres(pool, _)) = (&sqlite.db, &postgres.db) else { panic!("one of each") };
    let of_sqlite: Vec<(String, String, bool)> = sqlx::query_as(
        "select m.name, p.name, p.\"notnull\" = 1 from sqlite_master m join pragma_table_info(m.name) p
         where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like '\\_sqlx%' escape '\\' order by 1, 2",
    )
    .fetch_all(read)
    .await
    .unwrap();
    let of_postgres: Vec<(String, String, bool)> = sqlx::query_as(
        "select table_name::text, column_name::text, is_nullable = 'NO' from information_schema.columns
         where table_schema = 'public' and not (table_name like '%message%' and exists (select from information_schema.views v where v.table_name = columns.table_name)) and not (select relispartition from pg_class where oid = table_name::text::regclass) and table_name not like '\\_sqlx%' order by table_name::text collate \"C\", column_name::text collate \"C\"",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(of_sqlite.len() > 100);
    let stretched =
        |(table, column, _): &(String, String, bool)| ["stretches", "message_id_filters"].contains(&table.as_str()) || column == "stretch";
    let (of_stretches, of_sqlite): (Vec<_>, Vec<_>) = of_sqlite.into_iter().partition(stretched);
    assert_eq!(of_stretches.len(), 8);
    assert_eq!(of_sqlite, of_postgres);
}
