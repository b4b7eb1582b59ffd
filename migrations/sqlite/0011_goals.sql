-- Since when a goal counts by its present trigger and filter, where these were changed; and a game's events by name, to rehearse a goal.

alter table goals add column rule_changed_at bigint;
create index messages_tracks on messages (game_id, event_name, received_at, id) where kind = 'track';
