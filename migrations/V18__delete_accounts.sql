-- A user may delete the account. From that statement on the user is hidden (see hidden_users) and the row in users has
-- no name any more; the server deletes the user's rows later, a thousand in a transaction, and the row in users last.

-- Which Cognito ids have deleted their account, so that neither a token from before nor a synchronisation with the user
-- pool brings it back. A hash, because the id itself shall not be kept.
create table deleted_accounts (
    subject_hash bytea       not null,
    deleted_at   timestamptz not null default now(),
    -- The Cognito id, until the server has deleted the stored answers to the user's writes.
    subject      text,

    constraint deleted_accounts_pkey primary key (subject_hash)
);

-- Those whose stored answers are still to be deleted.
create index deleted_accounts_subject_idx on deleted_accounts (deleted_at) where subject is not null;

-- All activities of a user, top-level ones and replies. Deleting a user looks them up here, and so does the user's
-- export. The index takes a second for a million activities, during which writes wait.
create index activities_user_uuid_idx
    on activities (user_uuid, coalesce(expires_at, 'infinity'), uuid);

-- The same as before, with the index above.
create or replace function cruds_count(author uuid) returns bigint
language plpgsql stable
as $$
begin
    return coalesce((select cruds from crud_counts where user_uuid = author), 0)
        + coalesce((select sum(cruds) from crud_count_changes where user_uuid = author), 0)
        - (
            select count(*)
            from activities
            where user_uuid = author
                and reply_to_activity_uuid is null
                and coalesce(expires_at, 'infinity') <= now()
        );
end
$$;

-- Only that function read it.
drop index activities_user_expired_idx;

-- What each member of a conversation has written, in order. It replaces the index of all messages of a user.
create index messages_user_uuid_message_group_uuid_idx
    on messages (user_uuid, message_group_uuid, created_at, uuid);

drop index messages_user_uuid_idx;

-- A member who has deleted the account is null. The other member keeps what they wrote.
alter table message_groups
    alter column first_user_uuid drop not null,
    alter column second_user_uuid drop not null;
