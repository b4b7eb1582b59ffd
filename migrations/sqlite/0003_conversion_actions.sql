-- Networks that count under actions which people make there: what the target offers, as it was last read, and how its account is reached.
alter table connections add column account_through text;
alter table connections add column actions_read_at bigint;

create table actions (
    connection_id blob not null,
    id text not null,
    -- The target it was read from: under another one it is not there.
    target_id text not null,
    name text not null,
    state text not null,
    window_days integer,
    -- When a later reading found it; null where it was there at the first.
    appeared_at bigint,
    constraint actions_pk primary key (connection_id, id),
    constraint actions_connection_fk foreign key (connection_id) references connections (id) on delete cascade
);

-- The proof key that goes with the code of a consent, sealed for `state:<hash>`.
alter table oauth_states add column verifier text;
