-- A conversation of two. One row stands for a pair whoever wrote first: the smaller uuid comes first.
create table message_groups (
    uuid             uuid        not null default gen_random_uuid(),
    first_user_uuid  uuid        not null,
    second_user_uuid uuid        not null,
    -- The created_at of the last message.
    last_message_at  timestamptz not null,

    constraint message_groups_pkey primary key (uuid),
    constraint message_groups_pair_key unique (first_user_uuid, second_user_uuid),
    constraint message_groups_pair_order check (first_user_uuid < second_user_uuid),
    constraint message_groups_first_user_uuid_fkey
        foreign key (first_user_uuid) references users (uuid) on delete cascade,
    constraint message_groups_second_user_uuid_fkey
        foreign key (second_user_uuid) references users (uuid) on delete cascade
);

-- Somebody's conversations, newest first: they may stand on either side.
create index message_groups_first_user_idx
    on message_groups (first_user_uuid, last_message_at desc, uuid desc);
create index message_groups_second_user_idx
    on message_groups (second_user_uuid, last_message_at desc, uuid desc);

create table messages (
    uuid               uuid        not null default gen_random_uuid(),
    message_group_uuid uuid        not null,
    user_uuid          uuid        not null,
    message            text        not null,
    created_at         timestamptz not null,

    constraint messages_pkey primary key (uuid),
    constraint messages_message_group_uuid_fkey
        foreign key (message_group_uuid) references message_groups (uuid) on delete cascade,
    constraint messages_user_uuid_fkey
        foreign key (user_uuid) references users (uuid) on delete cascade,
    constraint messages_message_length check (char_length(message) between 1 and 1024)
);

-- A conversation, newest first; its last message.
create index messages_conversation_idx
    on messages (message_group_uuid, created_at desc, uuid desc);

-- Deleting a user deletes what they wrote.
create index messages_user_uuid_idx on messages (user_uuid);
