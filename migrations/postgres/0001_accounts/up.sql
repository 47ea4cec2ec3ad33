create table users (
    id uuid primary key,
    email text not null unique,
    name text not null,
    avatar text,
    password_hash text,
    locale text not null default 'en',
    timezone text not null default 'UTC',
    email_verified boolean not null default false,
    is_system_admin boolean not null default false,
    disabled_at timestamptz,
    last_login_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- By e-mail, whether there is such an account or not, so that a lockout tells nothing.
create table login_failures (
    email text primary key,
    failures integer not null,
    locked_until timestamptz,
    updated_at timestamptz not null
);

-- One sign-in: the family of refresh tokens that descend from it.
create table auth_sessions (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    user_agent text,
    ip text,
    cookie boolean not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index auth_sessions_user on auth_sessions (user_id);

create table refresh_tokens (
    token_hash bytea primary key,
    family_id uuid not null references auth_sessions (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    spent_at timestamptz,
    successor bytea
);
create index refresh_tokens_family on refresh_tokens (family_id);
create index refresh_tokens_expiry on refresh_tokens (expires_at);
