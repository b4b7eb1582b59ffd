-- Publishable keys that were replaced or removed, by their fingerprint. Pages and builds may still carry one: no other game can take it over.
create table retired_keys (
    key_hash text not null,
    game_id uuid not null,
    retired_at bigint not null,
    constraint retired_keys_pk primary key (key_hash)
);
