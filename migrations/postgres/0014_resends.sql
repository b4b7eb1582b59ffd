-- Resends that people asked for: what, how far it has come, and how it ended. A step holds the row for its own transaction and for nothing else,
-- so that any process takes the next one.
create table resends (
    id uuid not null,
    game_id uuid not null,
    connection_id uuid not null,
    network text not null,
    user_id uuid,
    -- The person's email, as it was then.
    asked_by text not null,
    asked_at bigint not null,
    -- The rows of the log from `since` up to `until`, of this status if any is named; or the postbacks of a selection, as JSON.
    since bigint not null,
    until bigint not null,
    status text,
    postbacks text,
    -- What the count said: postbacks in all, and those to be sent again.
    matched bigint not null,
    expected bigint not null,
    -- The last row of the log that was looked at.
    at_time bigint not null,
    at_id uuid not null,
    -- When the next step is due.
    due_at bigint not null,
    put_back bigint not null,
    hurried bigint not null,
    -- How many were left out for which reason, as JSON.
    left_out text not null,
    ended text,
    ended_at bigint,
    constraint resends_pk primary key (id),
    constraint resends_game_fk foreign key (game_id) references games (id) on delete cascade
);
create index resends_due on resends (due_at) where ended_at is null;
-- One at a time for a connection.
create unique index resends_running_key on resends (connection_id) where ended_at is null;
create index resends_ended on resends (ended_at) where ended_at is not null;

-- When somebody last had it sent again, and by which resend, if it was not one alone.
alter table postbacks add column resent_at bigint;
alter table postbacks add column resend_id uuid;
-- The state that it had when it was sent again although the network had it: it goes back there, whatever becomes of the repetition.
alter table postbacks add column delivered text;
create index postbacks_by_resend on postbacks (resend_id, state) where resend_id is not null;

-- The target that a connection leads to or led to last, and since when: what was meant for another one is never sent to it. What was there
-- before this was kept leads there since it was connected last.
alter table connections add column led_to text;
alter table connections add column led_since bigint;
update connections set led_to = target_id, led_since = connected_at where connected;
