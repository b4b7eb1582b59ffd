-- Steps of the retry schedule that are used up: a refused token or missing rights use none.
alter table queue add column steps integer not null default 0;
update queue set steps = attempt;
alter table receipt_events add column steps integer not null default 0;
update receipt_events set steps = attempt;

-- What may be what stops the process, in the order of its claim, and how much of it is out.
drop index queue_suspects;
drop index queue_suspects_due;
create index queue_suspects_next on queue (connection_id, claims, due_at, expires_at) where claims >= 2 and lease_id is null;
create index queue_suspects_out on queue (connection_id, claims) where claims > 2 and lease_id is not null;
