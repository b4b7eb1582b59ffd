-- Erasures that were asked for and are not done yet. Each step prolongs the lease; what a stopped process leaves is taken up by the next.
create table erasures (
    id blob not null,
    game_id blob not null,
    -- The id that was asked for (`anonymous` or `user`), until its players are found.
    kind text,
    value text,
    -- The players it turned out to be, as JSON; null until they are found.
    players text,
    -- What was held, sent and cancelled so far, as JSON.
    receipt text not null,
    -- Of the request: whoever asked finds the receipt by it.
    trace_id text not null,
    requested_at bigint not null,
    lease_id blob,
    lease_until bigint,
    constraint erasures_pk primary key (id),
    constraint erasures_game_fk foreign key (game_id) references games (id) on delete cascade
);
create index erasures_due on erasures (requested_at);

-- Ids that were erased, as hashes under the instance's sealed salt: what comes late is recognised and kept out.
create table erased_ids (
    game_id blob not null,
    hash text not null,
    erased_at bigint not null,
    constraint erased_ids_pk primary key (game_id, hash),
    constraint erased_ids_game_fk foreign key (game_id) references games (id) on delete cascade
);

-- Its player was erased: nothing of what it said is kept, also not by a call that comes back later.
alter table postbacks add column erased boolean not null default false;
