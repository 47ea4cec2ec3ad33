drop table labels;
drop table projects;
drop table memberships;
drop table workspaces;
