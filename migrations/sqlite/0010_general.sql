-- How long a game keeps its messages and its delivery log.
alter table games add column keep_messages_days integer not null default 90;
alter table games add column keep_attempts_days integer not null default 90;

-- A player is found by the id of a click.
create index clicks_by_click_id on clicks (game_id, click_id, player_id) where kind <> 'utm' and kind <> 'visit';
