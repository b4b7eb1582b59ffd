-- A player's messages lie in the stretch that was the newest when the player came, and in later ones: two that turn out to be one are mostly
-- a known player and one who came just now, and for that one hardly a stretch is looked into. Of those that are here it is not known.
alter table players add column stretch integer not null default 0;

-- Who took in an older player kept its own time; messages are looked for since then. As far as it can still be told, it is set right.
update players set created_at = told.first
    from (select player_id, min(received_at) as first from messages where player_id is not null group by player_id) told
    where players.id = told.player_id and told.first < players.created_at;
