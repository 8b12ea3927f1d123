-- The private messages of the demo: a few conversations of two, and their groups.
--
-- Idempotent: the messages' uuids are fixed, a group is one for its pair, and what is there already
-- is left as it is. Users are found by their Cognito id: where one is missing, what they would have
-- written or read is skipped.
insert into message_groups (first_user_uuid, second_user_uuid, last_message_at)
select
    least(one.uuid, other.uuid),
    greatest(one.uuid, other.uuid),
    now() - interval '5 days'
from (values
    ('andrewbrown', 'bayko'),
    ('priya_n', 'andrewbrown'),
    ('ingrid_s', 'samir_h'),
    ('mei_lin', 'andrewbrown')
) as pair (one_handle, other_handle)
join users as one on one.cognito_user_id = 'demo:' || pair.one_handle
join users as other on other.cognito_user_id = 'demo:' || pair.other_handle
on conflict do nothing;

insert into messages (uuid, message_group_uuid, user_uuid, message, created_at)
select
    line.uuid::uuid,
    message_groups.uuid,
    author.uuid,
    line.message,
    now() - line.age::interval
from (values
    ('848c2a6f-8a95-412f-addb-bf52dcf8bf16', 'andrewbrown', 'bayko', '2 days 3 hours',
        'Is it you or DNS that is down?'),
    ('f1976bba-ccb5-4ba4-81e7-99a74b1ec861', 'bayko', 'andrewbrown', '2 days 2 hours 50 minutes',
        'Me. I was at lunch. DNS is fine, for once.'),
    ('a7fa6bd6-8644-4448-9def-1bf6eb5a7552', 'andrewbrown', 'bayko', '2 days 2 hours 48 minutes',
        'Noted. I will not tell anyone. 🤫'),
    ('918a7564-199b-48fd-b1ee-56a0e7e0ecc2', 'bayko', 'andrewbrown', '7 hours',
        'Deploy on Friday? Asking for my weekend.'),
    ('0b8528b9-8d41-4c82-9dfe-8779d12fc65b', 'andrewbrown', 'bayko', '6 hours 40 minutes',
        'Thursday. Enjoy your weekend.'),
    ('12bda70a-90b8-4392-a656-800ccbe1e0e6', 'priya_n', 'andrewbrown', '1 day 5 hours',
        'The starter survived the move. I am naming a loaf after you.'),
    ('65a8fcde-c0b3-45f0-987b-6cc7356a8d10', 'andrewbrown', 'priya_n', '1 day 4 hours 30 minutes',
        'I have never been so honoured by a carbohydrate.'),
    ('4a03a753-f26e-45d1-af4c-222607703f2b', 'priya_n', 'andrewbrown', '3 hours',
        'It rose. Come and get half. 🍞'),
    ('73763f6d-a18b-49a0-ad1d-05b673ad77de', 'samir_h', 'ingrid_s', '4 days 1 hour',
        'Do you still have the old ferry map? I would love to redraw it.'),
    ('be3b5ea0-e654-4d40-b8e7-e65903e0e0e6', 'ingrid_s', 'samir_h', '3 days 22 hours',
        'Somewhere under the cat. I will look.'),
    ('2b10e35e-acc2-4132-be6b-199968f11b93', 'ingrid_s', 'samir_h', '1 day 9 hours',
        'Found it. The cat wants a credit. 🐈'),
    ('2a05712d-882f-4afa-abe8-f3027ad0fb9a', 'mei_lin', 'andrewbrown', '50 minutes',
        '謝謝! The wall is approved. Same colours as the logo?')
) as line (uuid, handle, receiver_handle, age, message)
join users as author on author.cognito_user_id = 'demo:' || line.handle
join users as receiver on receiver.cognito_user_id = 'demo:' || line.receiver_handle
join message_groups
    on message_groups.first_user_uuid = least(author.uuid, receiver.uuid)
    and message_groups.second_user_uuid = greatest(author.uuid, receiver.uuid)
on conflict do nothing;

-- A group stands in the list where its last message puts it.
update message_groups
set last_message_at = latest.created_at
from (
    select
        message_group_uuid,
        max(created_at) as created_at
    from messages
    group by message_group_uuid
) as latest
where message_groups.uuid = latest.message_group_uuid
    and message_groups.last_message_at <> latest.created_at;
