-- Whose token a connection holds: a pasted one is of another app than this instance's own, and is never given back; of the others, the
-- network's id of the person or system user who gave it, where the network says.
alter table connections add column secret_pasted boolean not null default false;
alter table connections add column secret_holder text;
update connections set secret_pasted = true where secret_tail is not null;

alter table grants add column secret_holder text;
