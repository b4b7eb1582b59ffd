-- Who asked for an erasure: a person, or nobody for the secret key.
alter table erasures add column user_id uuid;
alter table erasures add column who text not null default 'the secret key';
create index erasures_by_trace on erasures (game_id, trace_id);

-- What an entry is about (`goal`, `network`, …), by which the log is filtered; and of an erasure what it took away, as JSON.
alter table audit_log add column area text not null default '';
alter table audit_log add column receipt text;
update audit_log set area = case
    when action like 'goal.%' then 'goal'
    when action like 'connection.%' or action like 'conversions.%' then 'network'
    when action like 'api_key.%' then 'key'
    when action like 'game.%' then 'game'
    when action like 'player.%' then 'player'
    else 'person' end;
drop index audit_log_by_game;
-- As wide as the two that follow: SQLite, which keeps no figures here, takes the narrowest of those that would do.
create index audit_log_by_time on audit_log (game_id, time, id, area);
create index audit_log_by_area on audit_log (game_id, area, time, id);
create index audit_log_by_user on audit_log (game_id, user_id, time, id);
-- Whoever asked for an erasure finds its receipt by the id of the request.
create index audit_log_of_erasure on audit_log (game_id, subject) where action = 'player.erased';
