-- Which of a network's transports a connection sends over; null: the usual one.
alter table connections add column transport text;

-- Which of them a call took, where the network has several.
alter table attempts add column transport text;
