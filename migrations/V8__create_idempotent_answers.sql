-- The answers to writes that came with an Idempotency-Key, each written with the write itself. A repeat
-- within 24 hours gets the same bytes; then the purge takes them.
create table idempotent_answers (
    -- Who wrote: the `sub` of their token.
    subject     text        not null,
    -- Method and path of the request.
    route       text        not null,
    key         text        not null,
    -- A hash of the request's body.
    fingerprint bytea       not null,
    answer      bytea       not null,
    created_at  timestamptz not null default now(),

    constraint idempotent_answers_pkey primary key (subject, route, key)
);

create index idempotent_answers_created_at_idx on idempotent_answers (created_at);
