-- Messages, attempts and calls are cut by day: what all games call too old goes by dropping a day. There is no default partition, in which
-- rows would pile up unseen; each process makes the coming days ahead, and the writer a day that is missing.

-- Makes the day's part of a table beside it and then attaches it: nobody who reads or writes the table waits.
create function make_day(parent text, of_day integer) returns void language plpgsql as $$
declare
    part text := parent || '_' || to_char(date '1970-01-01' + of_day, 'YYYYMMDD');
begin
    execute format('create table %I (like %I including all)', part, parent);
    execute format('alter table %I attach partition %I for values from (%s) to (%s)', parent, part, quote_literal(of_day), quote_literal(of_day + 1));
end
$$;

-- What is there moves nowhere: the table becomes the part of all days up to tomorrow, its indexes with it. It is read once, to see that no
-- row lies beyond.
do $$
declare
    parent text;
    before text;
    index record;
    filled boolean;
    bound integer;
begin
    foreach parent in array array['messages', 'attempts', 'calls'] loop
        before := parent || '_before';
        execute format('alter table %I rename to %I', parent, before);
        execute format('alter table %I rename constraint %I to %I', before, parent || '_pk', before || '_pk');
        execute format('create table %I (like %I including defaults including storage, constraint %I primary key (day, id)) partition by range (day)',
            parent, before, parent || '_pk');
        for index in
            select c.relname as name, replace(pg_get_indexdef(c.oid), format(' ON %s.%I ', current_schema(), before), format(' ON %I ', parent)) as definition
            from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = before::regclass and not i.indisprimary
        loop
            execute format('alter index %I rename to %I', index.name, index.name || '_before');
            execute index.definition;
        end loop;
        execute format('select exists (select from %I)', before) into filled;
        if filled then
            execute format('select greatest(max(day), floor(extract(epoch from clock_timestamp()) / 86400)::integer + 1) + 1 from %I', before) into bound;
            execute format('alter table %I attach partition %I for values from (minvalue) to (%s)', parent, before, bound);
        else
            execute format('drop table %I', before);
        end if;
    end loop;
end
$$;
