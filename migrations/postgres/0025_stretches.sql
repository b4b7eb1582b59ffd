-- On SQLite the messages of a player and message ids lie in stretches; whoever asks for them asks these views on either.
create view messages_of_players as
    select day, id, message_id, player_id, kind, event_name, event_time, original_time, received_at, surface, consent, test, ip, user_agent, body, note
    from messages;

create view known_message_ids as select game_id, message_id, received_at from message_ids;
