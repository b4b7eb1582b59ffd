-- The processes that share a PostgreSQL, each with the time, by the database's clock, at which it was heard last: what a network takes of all
-- of them together is divided among those that live. A SQLite file has one process, which need not say so.
create table processes (
    id blob not null,
    seen_at bigint not null,
    constraint processes_pk primary key (id)
);
