-- What may be what stops the process has indexes of its own: who claims the others does not read past it.
drop index queue_due;
drop index queue_fresh;
create index queue_due on queue (connection_id, due_at, expires_at) where lease_id is null and claims < 2;
create index queue_fresh on queue (connection_id, due_at, expires_at) where lease_id is null and attempt = 0 and claims < 2;
create index queue_suspects_due on queue (connection_id, due_at) where lease_id is null and claims >= 2;
