-- Where the newest consent status of a player was given, as the client names it: `cookie-banner-v1`.
alter table players add column consent_source text;
