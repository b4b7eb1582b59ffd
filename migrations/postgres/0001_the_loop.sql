-- The whole loop: people, games, messages, players, clicks, goals, connections, conversions, postbacks, attempts.
-- Times are Unix milliseconds; ids are made by the application (UUIDv7). Constraints have names: names map to messages.

create table instance (
    key text not null,
    value text not null,
    constraint instance_pk primary key (key)
);

-- People ----------------------------------------------------------------------------------------

create table users (
    id uuid not null,
    email text not null,
    password_hash text not null,
    operator boolean not null,
    created_at bigint not null,
    constraint users_pk primary key (id),
    constraint users_email_key unique (email)
);

create table sessions (
    id text not null,
    user_id uuid,
    data text not null,
    expires_at bigint not null,
    constraint sessions_pk primary key (id),
    constraint sessions_user_fk foreign key (user_id) references users (id) on delete cascade
);
create index sessions_expiry on sessions (expires_at);
create index sessions_by_user on sessions (user_id);

create table games (
    id uuid not null,
    slug text not null,
    name text not null,
    time_zone text not null,
    window_days integer not null,
    created_at bigint not null,
    constraint games_pk primary key (id),
    constraint games_slug_key unique (slug)
);

create table memberships (
    user_id uuid not null,
    game_id uuid not null,
    role text not null,
    created_at bigint not null,
    constraint memberships_pk primary key (user_id, game_id),
    constraint memberships_user_fk foreign key (user_id) references users (id) on delete cascade,
    constraint memberships_game_fk foreign key (game_id) references games (id) on delete cascade
);
create index memberships_by_game on memberships (game_id);

-- A key is looked up by the SHA-256 of its text; the text itself is sealed (the publishable one is public and kept plain).
create table api_keys (
    id uuid not null,
    game_id uuid not null,
    kind text not null,
    key_hash text not null,
    plain text,
    sealed text,
    tail text not null,
    created_at bigint not null,
    last_used_at bigint,
    constraint api_keys_pk primary key (id),
    constraint api_keys_hash_key unique (key_hash),
    constraint api_keys_kind_key unique (game_id, kind),
    constraint api_keys_game_fk foreign key (game_id) references games (id) on delete cascade
);

create table audit_log (
    id uuid not null,
    game_id uuid,
    user_id uuid,
    who text not null,
    time bigint not null,
    action text not null,
    subject text not null,
    detail text not null,
    constraint audit_log_pk primary key (id)
);
create index audit_log_by_game on audit_log (game_id, time);

-- Goals and connections -------------------------------------------------------------------------

create table goals (
    id uuid not null,
    game_id uuid not null,
    name text not null,
    description text not null,
    event text not null,
    trigger_kind text not null,
    filter text,
    status text not null,
    created_at bigint not null,
    updated_at bigint not null,
    constraint goals_pk primary key (id),
    constraint goals_game_fk foreign key (game_id) references games (id) on delete cascade
);
create index goals_by_game on goals (game_id);
create unique index goals_name_key on goals (game_id, lower(name)) where status <> 'archived';

-- One row for ever per game and network; a disconnected one keeps its row and its log and has no secret.
create table connections (
    id uuid not null,
    game_id uuid not null,
    network text not null,
    connected boolean not null,
    enabled boolean not null,
    account_id text,
    account_name text,
    target_id text not null,
    target_name text,
    secret text,
    secret_tail text,
    secret_expires_at bigint,
    test_code text,
    parked_cause text,
    parked_since bigint,
    parked_words text,
    -- Since when nothing goes out (parked or switched off): that time does not count towards the 72 h of retries.
    held_since bigint,
    -- When it was let go last; attempts before do not speak about its health.
    resumed_at bigint,
    -- Set when it is let go: until one call succeeds, one goes out at a time.
    probe_at bigint,
    connected_at bigint not null,
    connected_by text,
    constraint connections_pk primary key (id),
    constraint connections_network_key unique (game_id, network),
    constraint connections_game_fk foreign key (game_id) references games (id) on delete cascade
);

-- Goal -> event name (or conversion action) at one network, where it differs from the prefilled one.
create table mappings (
    goal_id uuid not null,
    network text not null,
    target text not null,
    constraint mappings_pk primary key (goal_id, network),
    constraint mappings_goal_fk foreign key (goal_id) references goals (id) on delete cascade
);

-- The way out to a network's consent page and back: single use, bound to session, user, game and network.
create table oauth_states (
    state_hash text not null,
    session_hash text not null,
    user_id uuid not null,
    game_id uuid not null,
    network text not null,
    popup boolean not null,
    created_at bigint not null,
    expires_at bigint not null,
    constraint oauth_states_pk primary key (state_hash)
);

-- A token that came back and waits until its owner has picked an account and a pixel.
create table grants (
    id uuid not null,
    game_id uuid not null,
    network text not null,
    user_id uuid not null,
    secret text not null,
    secret_expires_at bigint,
    created_at bigint not null,
    expires_at bigint not null,
    constraint grants_pk primary key (id),
    constraint grants_game_fk foreign key (game_id) references games (id) on delete cascade
);

-- Messages and players (no foreign key points at what is partitioned by day) ----------------------

create table message_ids (
    game_id uuid not null,
    message_id uuid not null,
    received_at bigint not null,
    constraint message_ids_pk primary key (game_id, message_id)
);
create index message_ids_age on message_ids (received_at);

create table messages (
    day integer not null,
    id uuid not null,
    game_id uuid not null,
    message_id uuid not null,
    player_id uuid,
    kind text not null,
    event_name text,
    event_time bigint not null,
    original_time bigint not null,
    received_at bigint not null,
    surface text,
    consent text not null,
    test boolean not null,
    ip text,
    user_agent text,
    body text not null,
    note text,
    constraint messages_pk primary key (day, id)
);
create index messages_by_game on messages (game_id, received_at);
create index messages_by_player on messages (player_id, event_time);
create index messages_pages on messages (game_id, received_at) where kind = 'page';

create table players (
    id uuid not null,
    game_id uuid not null,
    test boolean not null,
    consent text,
    consent_at bigint,
    contact text not null,
    identity_count integer not null,
    created_at bigint not null,
    constraint players_pk primary key (id)
);
create index players_by_game on players (game_id);

-- Which player an id belongs to, from which event time on (`since`); the first span of an id starts at 0.
-- `claimed` is when somebody first said so (a userId beside the id); what lies before it is inferred backwards.
-- Test messages have a graph of their own that production messages never see.
create table identities (
    game_id uuid not null,
    test boolean not null,
    kind text not null,
    value text not null,
    since bigint not null,
    player_id uuid not null,
    claimed bigint,
    constraint identities_pk primary key (game_id, test, kind, value, since)
);
create index identities_by_player on identities (player_id);

create table clicks (
    id uuid not null,
    game_id uuid not null,
    player_id uuid not null,
    test boolean not null,
    network text not null,
    kind text not null,
    click_id text not null,
    time bigint not null,
    body text not null,
    constraint clicks_pk primary key (id),
    constraint clicks_once_key unique (player_id, test, network, kind, click_id)
);
create index clicks_by_game on clicks (game_id, time);
create index clicks_by_player on clicks (player_id, time);

-- Conversions and postbacks -----------------------------------------------------------------------

create table conversions (
    id uuid not null,
    game_id uuid not null,
    goal_id uuid not null,
    player_id uuid,
    message_id uuid not null,
    event text not null,
    event_time bigint not null,
    received_at bigint not null,
    test boolean not null,
    decision text not null,
    reason text,
    network text,
    click_id uuid,
    waiting_until bigint,
    value_text text,
    value_micros bigint,
    currency text,
    decided_at bigint not null,
    body text not null,
    constraint conversions_pk primary key (id),
    constraint conversions_once_key unique (goal_id, message_id)
);
create index conversions_by_game on conversions (game_id, received_at);
create index conversions_by_player on conversions (player_id, event_time);
create index conversions_waiting on conversions (waiting_until) where decision = 'waiting';

-- The once-per-player slot of a goal: which conversion holds it.
create table slots (
    goal_id uuid not null,
    player_id uuid not null,
    conversion_id uuid not null,
    event_time bigint not null,
    message_id uuid not null,
    constraint slots_pk primary key (goal_id, player_id)
);
create index slots_by_player on slots (player_id);

create table postbacks (
    id uuid not null,
    game_id uuid not null,
    connection_id uuid not null,
    network text not null,
    conversion_id uuid not null,
    goal_id uuid not null,
    event text not null,
    sent_as text not null,
    dedup_id text not null,
    event_time bigint not null,
    test boolean not null,
    value_text text,
    value_micros bigint,
    currency text,
    body text not null,
    state text not null,
    ended text,
    attempts integer not null,
    first_attempt_at bigint,
    unknown_since bigint,
    created_at bigint not null,
    finished_at bigint,
    expires_at bigint not null,
    constraint postbacks_pk primary key (id)
);
create index postbacks_by_conversion on postbacks (conversion_id);
create index postbacks_by_connection on postbacks (connection_id, state);
create index postbacks_by_event on postbacks (connection_id, dedup_id);

-- Only unfinished postbacks: narrow and hot.
create table queue (
    id uuid not null,
    connection_id uuid not null,
    due_at bigint not null,
    expires_at bigint not null,
    attempt integer not null,
    claims integer not null,
    refusals integer not null,
    -- When retries end: 72 h after the first attempt, later by what it spent parked.
    give_up_at bigint,
    lease_id uuid,
    lease_until bigint,
    constraint queue_pk primary key (id)
) with (fillfactor = 70);
create index queue_due on queue (connection_id, due_at, expires_at) where lease_id is null;
create index queue_fresh on queue (connection_id, due_at, expires_at) where lease_id is null and attempt = 0;
create index queue_leased on queue (lease_until) where lease_id is not null;
create index queue_expiry on queue (expires_at);
-- Claimed twice without a recorded result: one of them may be what stops the process.
create index queue_suspects on queue (connection_id) where claims >= 2;

-- The delivery log ----------------------------------------------------------------------------------

create table calls (
    day integer not null,
    id uuid not null,
    method text not null,
    url text not null,
    headers text not null,
    envelope text not null,
    response text,
    constraint calls_pk primary key (day, id)
);

create table attempts (
    day integer not null,
    id uuid not null,
    game_id uuid not null,
    network text not null,
    connection_id uuid not null,
    postback_id uuid not null,
    goal_id uuid not null,
    goal_name text not null,
    event text not null,
    time bigint not null,
    status text not null,
    http integer,
    latency_ms integer,
    attempt integer not null,
    code text,
    words text,
    meaning text,
    test boolean not null,
    late boolean not null,
    call_id uuid,
    request text,
    constraint attempts_pk primary key (day, id)
);
create index attempts_log on attempts (game_id, network, time, id);
create index attempts_log_status on attempts (game_id, network, status, time, id);
create index attempts_by_postback on attempts (postback_id, time);
