-- Firms, the tree under them, who signs in, and the accounts at banks.
-- Instants are epoch milliseconds, ids 26 characters, booleans 0 or 1, JSON is text.

create table tenant (
    tenant_id text not null primary key,
    -- short name, for addresses and logs
    slug text not null,
    name text not null,
    zone text not null,
    currency text not null,
    created_at_ms integer not null
) strict;

create unique index tenant_slug on tenant (slug);

create table node (
    tenant_id text not null,
    node_id text not null,
    -- absent for the firm alone
    parent_id text,
    kind text not null check (kind in ('firm', 'dealer')),
    name text not null,
    -- name, code and e-mail without case and accents, for search
    folded text not null,
    code text not null,
    tax_no text,
    email text,
    phone text,
    -- what this node sets for itself and all below it
    settings text not null,
    created_at_ms integer not null,
    primary key (tenant_id, node_id),
    foreign key (tenant_id, parent_id) references node (tenant_id, node_id),
    check ((kind = 'firm') = (parent_id is null))
) strict;

create unique index node_code on node (tenant_id, code);
create unique index node_firm on node (tenant_id) where parent_id is null;
create index node_parent on node (tenant_id, parent_id, node_id);

-- Every node with each node above it and with itself (depth 0).
create table node_ancestor (
    tenant_id text not null,
    node_id text not null,
    ancestor_id text not null,
    depth integer not null check (depth >= 0),
    primary key (tenant_id, node_id, ancestor_id),
    foreign key (tenant_id, node_id) references node (tenant_id, node_id),
    foreign key (tenant_id, ancestor_id) references node (tenant_id, node_id)
) strict;

create index node_ancestor_below on node_ancestor (tenant_id, ancestor_id, node_id);

create table user_account (
    tenant_id text not null,
    user_id text not null,
    -- the root of what this person sees
    node_id text not null,
    role text not null check (role in ('firm_administrator', 'firm_clerk', 'dealer', 'sub_dealer')),
    email text not null,
    folded text not null,
    name text not null,
    language text not null,
    password_hash text not null,
    state text not null check (state in ('active', 'disabled')),
    -- tries since the last right password; written before a password is looked at
    tries integer not null,
    locked_until_ms integer,
    created_at_ms integer not null,
    primary key (tenant_id, user_id),
    foreign key (tenant_id, node_id) references node (tenant_id, node_id)
) strict;

-- A person signs in with an address alone, so it is unique over all firms.
create unique index user_account_email on user_account (folded);

create table session (
    tenant_id text not null,
    session_id text not null,
    user_id text not null,
    secret_hash text not null,
    address text not null,
    user_agent text not null,
    created_at_ms integer not null,
    seen_at_ms integer not null,
    ended_at_ms integer,
    primary key (tenant_id, session_id),
    foreign key (tenant_id, user_id) references user_account (tenant_id, user_id)
) strict;

create unique index session_secret on session (secret_hash);
create index session_by_user on session (tenant_id, user_id, session_id);

create table api_key (
    tenant_id text not null,
    api_key_id text not null,
    node_id text not null,
    name text not null,
    -- with blanks between
    scopes text not null,
    hint text not null,
    secret_hash text not null,
    created_by text not null,
    created_at_ms integer not null,
    expires_at_ms integer not null,
    used_at_ms integer,
    revoked_at_ms integer,
    primary key (tenant_id, api_key_id),
    foreign key (tenant_id, node_id) references node (tenant_id, node_id)
) strict;

create unique index api_key_secret on api_key (secret_hash);

create table customer (
    tenant_id text not null,
    customer_id text not null,
    -- whose customer
    node_id text not null,
    name text not null,
    folded text not null,
    code text not null,
    tax_no text,
    email text,
    phone text,
    created_at_ms integer not null,
    primary key (tenant_id, customer_id),
    foreign key (tenant_id, node_id) references node (tenant_id, node_id)
) strict;

create unique index customer_code on customer (tenant_id, node_id, code);

create table pos_account (
    tenant_id text not null,
    pos_account_id text not null,
    node_id text not null,
    name text not null,
    plugin_id text not null,
    bank text not null,
    environment text not null check (environment in ('test', 'live')),
    state text not null check (state in ('active', 'disabled')),
    three_d_model text not null check (three_d_model in ('none', '3d', '3d-pay', '3d-host')),
    config text not null,
    endpoints text not null,
    version integer not null,
    created_at_ms integer not null,
    updated_at_ms integer not null,
    primary key (tenant_id, pos_account_id),
    foreign key (tenant_id, node_id) references node (tenant_id, node_id)
) strict;

create unique index pos_account_name on pos_account (tenant_id, node_id, name);

-- Sealed by the vault for this very row.
create table pos_secret (
    tenant_id text not null,
    pos_account_id text not null,
    name text not null,
    sealed text not null,
    updated_at_ms integer not null,
    primary key (tenant_id, pos_account_id, name),
    foreign key (tenant_id, pos_account_id) references pos_account (tenant_id, pos_account_id)
) strict;

-- Who did what; never changed or deleted.
create table audit (
    tenant_id text not null,
    audit_id text not null,
    actor text not null,
    act text not null,
    object text not null,
    detail text not null,
    address text not null,
    request_id text not null,
    at_ms integer not null,
    primary key (tenant_id, audit_id)
) strict;
