-- Users whose activities are hidden at once: suspended ones, until an operator ends the suspension, and those who
-- deleted their account, until the server has deleted their rows.

create table hidden_users (
    user_uuid uuid        not null,
    reason    text        not null,
    hidden_at timestamptz not null default now(),

    constraint hidden_users_pkey primary key (user_uuid),
    constraint hidden_users_user_uuid_fkey
        foreign key (user_uuid) references users (uuid) on delete cascade,
    constraint hidden_users_reason_known check (reason in ('suspended', 'deleted'))
);

-- The same columns as before. `not in` is no join, so the plans of the feeds stay as they are: PostgreSQL reads the few
-- hidden users once in a statement and compares each row with them.
create or replace view live_activities as
select
    uuid,
    user_uuid,
    message,
    replies_count,
    reposts_count,
    likes_count,
    reply_to_activity_uuid,
    expires_at,
    created_at
from activities
where coalesce(expires_at, 'infinity') > now()
    and user_uuid not in (select user_uuid from hidden_users);
