-- Messages come in stretches of some ten thousand, in the order of their arrival. What is looked up by player or by messageId is kept stretch
-- by stretch, so that a new message touches the tree of the newest one, which is in memory, however much is stored behind it.

create table stretches (
    stretch integer not null,
    -- Message ids that it took so far; the newest one is closed when it has enough.
    ids integer not null,
    constraint stretches_pk primary key (stretch)
);

-- What was stored so far is one stretch, however long.
insert into stretches select 0, count(*) from message_ids;
alter table messages add column stretch integer not null default 0;
drop index messages_by_player;
create index messages_by_player on messages (stretch, player_id, event_time);

-- To be asked for the messages of a player; on PostgreSQL it is the table itself.
create view messages_of_players as
    select m.day, m.id, m.message_id, m.player_id, m.kind, m.event_name, m.event_time, m.original_time, m.received_at, m.surface, m.consent, m.test,
           m.ip, m.user_agent, m.body, m.note
    from stretches s cross join messages m on m.stretch = s.stretch;

drop index message_ids_age;
create table message_ids_by_stretch (
    stretch integer not null,
    game_id blob not null,
    message_id blob not null,
    received_at bigint not null,
    constraint message_ids_pk primary key (stretch, game_id, message_id)
) without rowid;
insert into message_ids_by_stretch select 0, game_id, message_id, received_at from message_ids;
drop table message_ids;
alter table message_ids_by_stretch rename to message_ids;

-- To be asked for one id; on PostgreSQL it is the table itself.
create view known_message_ids as
    select i.game_id, i.message_id, i.received_at from stretches s cross join message_ids i on i.stretch = s.stretch;

-- Filters over the ids of closed stretches, from the first to the last, so that a start need not read the ids.
create table message_id_filters (
    first_stretch integer not null,
    last_stretch integer not null,
    bits blob not null,
    constraint message_id_filters_pk primary key (first_stretch)
);
