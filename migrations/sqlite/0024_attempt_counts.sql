-- How many attempts at a network ended how within five minutes, so that a page of the log need not count them. Each writing adds rows of its
-- own, which nobody waits for; the sweep adds those of a slot together when it is over.
create table attempt_counts (
    game_id blob not null,
    network text not null,
    -- When its five minutes begin.
    slot bigint not null,
    id blob not null,
    status text not null,
    test boolean not null,
    attempts bigint not null,
    merged boolean not null,
    constraint attempt_counts_pk primary key (game_id, network, slot, id)
) without rowid;
create index attempt_counts_unmerged on attempt_counts (slot) where not merged;
create index attempt_counts_age on attempt_counts (slot) where merged;
insert into attempt_counts (game_id, network, slot, id, status, test, attempts, merged)
    select game_id, network, time - time % 300000, randomblob(16), status, test, count(*), true
    from attempts group by game_id, network, time - time % 300000, status, test;
