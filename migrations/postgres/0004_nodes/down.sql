drop index users_disabled;
drop index auth_sessions_revoked;
drop index heads_owner;
alter table heads drop column owner;
alter table heads add column owner text;
drop table nodes;
