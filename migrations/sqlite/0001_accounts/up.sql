create table users (
    id blob not null primary key,
    email text not null unique,
    name text not null,
    avatar text,
    password_hash text,
    locale text not null default 'en',
    timezone text not null default 'UTC',
    email_verified integer not null default 0,
    is_system_admin integer not null default 0,
    disabled_at integer,
    last_login_at integer,
    created_at integer not null,
    updated_at integer not null
) strict;

-- By e-mail, whether there is such an account or not, so that a lockout tells nothing.
create table login_failures (
    email text not null primary key,
    failures integer not null,
    locked_until integer,
    updated_at integer not null
) strict;

-- One sign-in: the family of refresh tokens that descend from it.
create table auth_sessions (
    id blob not null primary key,
    user_id blob not null references users (id) on delete cascade,
    user_agent text,
    ip text,
    cookie integer not null,
    created_at integer not null,
    last_used_at integer not null,
    expires_at integer not null,
    revoked_at integer
) strict;
create index auth_sessions_user on auth_sessions (user_id);

create table refresh_tokens (
    token_hash blob not null primary key,
    family_id blob not null references auth_sessions (id) on delete cascade,
    user_id blob not null references users (id) on delete cascade,
    created_at integer not null,
    expires_at integer not null,
    spent_at integer,
    successor blob
) strict;
create index refresh_tokens_family on refresh_tokens (family_id);
create index refresh_tokens_expiry on refresh_tokens (expires_at);
