-- Every claim looks for suspects first. Without an index in the order of the claim SQLite reads all that is due of the connection to find none.
create index queue_suspects_due on queue (connection_id, due_at, expires_at) where claims >= 2 and lease_id is null;
