-- What stayed here for a cause that may be mended, and each goal's own conversions, are found without reading a game's whole history.
create index conversions_kept_back on conversions (game_id, network, event_time)
    where decision = 'not_sent' and reason in ('no_connection', 'connection_disabled', 'goal_unmapped');
create index conversions_by_goal on conversions (goal_id, received_at);

-- Whether an action counts a click once at the most.
alter table actions add column once_per_click boolean not null default false;
