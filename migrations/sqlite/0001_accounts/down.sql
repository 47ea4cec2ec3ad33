drop table refresh_tokens;
drop table auth_sessions;
drop table login_failures;
drop table users;
