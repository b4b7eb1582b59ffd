-- Networks whose yes is a receipt: what became of a call's events is asked for later. Only requests without a last word: narrow and hot.
create table receipts (
    id blob not null,
    connection_id blob not null,
    -- What the network calls the request.
    named text not null,
    -- Events of the call, whoever they are of by now.
    events integer not null,
    asked integer not null,
    due_at bigint not null,
    lease_id blob,
    lease_until bigint,
    constraint receipts_pk primary key (id)
);
create index receipts_due on receipts (connection_id, due_at) where lease_id is null;
create index receipts_leased on receipts (lease_until) where lease_id is not null;

-- The postbacks of a receipt, with what the queue knew of each when it left.
create table receipt_events (
    receipt_id blob not null,
    postback_id blob not null,
    -- The accepted attempt, in the log.
    attempt_id blob not null,
    attempt integer not null,
    refusals integer not null,
    give_up_at bigint not null,
    alone boolean not null,
    constraint receipt_events_pk primary key (receipt_id, postback_id)
);
create index receipt_events_by_postback on receipt_events (postback_id);

-- It shared a call of which the network counted a part and did not say which: it is sent again in a call of its own.
alter table queue add column alone boolean not null default false;

-- The second stage of an accepted attempt: the word, when it was told, what it means, and the call that brought it.
alter table attempts add column told text;
alter table attempts add column told_at bigint;
alter table attempts add column told_says text;
alter table attempts add column told_call_id blob;
-- A late refusal is a row of its own: the accepted attempt that it is about.
alter table attempts add column of_attempt blob;
