-- Who operated the server through /admin, what they asked for, from where, and what came of it.
-- Failed sign-ins are counted by address and minute: whoever guesses must not fill the disk.
create table admin_audit (
    uuid          uuid        not null default gen_random_uuid(),
    -- `token`, or `cognito:` and the user's id; null for a failed sign-in.
    who           text,
    method        text        not null,
    path          text        not null,
    address       text        not null,
    -- The HTTP status of the answer.
    status        integer     not null,
    attempts      integer     not null default 1,
    -- Of a failed sign-in, else null.
    failed_minute timestamptz,
    created_at    timestamptz not null default now(),

    constraint admin_audit_pkey primary key (uuid),
    constraint admin_audit_failures_are_counted unique (address, failed_minute),
    constraint admin_audit_failures_have_nobody check ((who is null) = (failed_minute is not null))
);

-- Newest first, by page.
create index admin_audit_newest_idx on admin_audit (created_at desc, uuid desc);
