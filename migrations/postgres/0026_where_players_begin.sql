-- Who took in an older player kept its own time; messages are looked for since then. As far as it can still be told, it is set right.
-- (On SQLite it is also kept in which stretch they begin.)
update players set created_at = told.first
    from (select player_id, min(received_at) as first from messages where player_id is not null group by player_id) told
    where players.id = told.player_id and told.first < players.created_at;
