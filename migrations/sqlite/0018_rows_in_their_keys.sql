-- Narrow tables that are looked up by their keys keep their rows in the key's own tree: one place to look and one page to write, not two.

create table message_ids_in_key (
    game_id blob not null,
    message_id blob not null,
    received_at bigint not null,
    constraint message_ids_pk primary key (game_id, message_id)
) without rowid;
insert into message_ids_in_key select game_id, message_id, received_at from message_ids;
drop table message_ids;
alter table message_ids_in_key rename to message_ids;
create index message_ids_age on message_ids (received_at);

create table players_in_key (
    id blob not null,
    game_id blob not null,
    test boolean not null,
    consent text,
    consent_at bigint,
    contact text not null,
    identity_count integer not null,
    created_at bigint not null,
    consent_source text,
    constraint players_pk primary key (id)
) without rowid;
insert into players_in_key select id, game_id, test, consent, consent_at, contact, identity_count, created_at, consent_source from players;
drop table players;
alter table players_in_key rename to players;
create index players_by_game on players (game_id);

create table identities_in_key (
    game_id blob not null,
    test boolean not null,
    kind text not null,
    value text not null,
    since bigint not null,
    player_id blob not null,
    claimed bigint,
    constraint identities_pk primary key (game_id, test, kind, value, since)
) without rowid;
insert into identities_in_key select game_id, test, kind, value, since, player_id, claimed from identities;
drop table identities;
alter table identities_in_key rename to identities;
create index identities_by_player on identities (player_id);
