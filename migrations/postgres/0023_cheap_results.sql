-- Whether the connection ever delivered anything but tests. It was asked of an index that every result had to change.
alter table connections add column delivered boolean not null default false;
update connections set delivered = exists (
    select 1 from postbacks p where p.connection_id = connections.id and (p.state in ('accepted', 'confirmed') or p.delivered is not null) and not p.test
);
drop index postbacks_by_connection;
-- No index holds what a result changes, and a page has room for the changed rows of it: a result then writes to no index at all.
drop index postbacks_by_resend;
create index postbacks_by_resend on postbacks (resend_id) where resend_id is not null;
alter table postbacks set (fillfactor = 50);

-- What is claimed is in no need of being found by its age: a claim writes to one index less.
drop index queue_expiry;
create index queue_expiry on queue (expires_at) where lease_id is null;
