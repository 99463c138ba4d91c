-- Plugin versions, and which of them serves. A version never changes: it is its digest. It is the same for all firms;
-- which one serves is said for everyone (scope '') and, where a firm has chosen for itself, for that firm (scope is
-- the tenant_id).

create table plugin_version (
    -- SHA-256 of the component, hex
    digest text not null primary key,
    plugin_id text not null,
    version text not null,
    kind text not null,
    api text not null,
    publisher text not null,
    -- how it came to be trusted
    origin text not null check (origin in ('bundled', 'signed', 'unsigned')),
    -- the publisher's detached signature, JSON
    signature text,
    -- HMAC of this installation over the row: nobody adds a version by writing to the database alone
    seal text not null,
    manifest text not null,
    size_bytes integer not null,
    added_by text not null,
    added_at_ms integer not null,
    revoked_at_ms integer,
    revoked_by text,
    revoked_why text
) strict;

create index plugin_version_id on plugin_version (plugin_id, added_at_ms);

-- Apart from its version, so that lists never read megabytes.
create table plugin_component (
    digest text not null primary key,
    wasm blob not null,
    foreign key (digest) references plugin_version (digest)
) strict;

create table plugin_activation (
    scope text not null,
    digest text not null,
    plugin_id text not null,
    state text not null,
    -- of new attempts, while it is a canary
    percent integer not null check (percent between 0 and 100),
    -- whose place it took: where a rollback leads
    previous text,
    -- what an administrator allowed it, JSON
    granted text,
    changed_by text not null,
    changed_at_ms integer not null,
    version integer not null,
    primary key (scope, digest),
    foreign key (digest) references plugin_version (digest)
) strict;

create unique index plugin_activation_active on plugin_activation (scope, plugin_id) where state = 'active';
create unique index plugin_activation_canary on plugin_activation (scope, plugin_id) where state = 'canary';

-- Counts every change of the two above; nodes look at it and read the rest only when it moved.
create table plugin_change (
    one integer not null primary key check (one = 1),
    number integer not null
) strict;

insert into plugin_change (one, number) values (1, 0);

-- Which versions are still needed by attempts under way.
create index attempt_plugin_open on attempt (plugin_digest)
    where state in ('sending', 'browsing', 'browsing_charge', 'provisioning', 'unknown');
