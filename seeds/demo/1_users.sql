-- The people of the demo: ten users. Their Cognito ids are `demo:` and their handle, which no user
-- pool hands out, so the rows of the demo can be told from everybody else's.
--
-- Idempotent: the uuids are fixed, and a user whose uuid, handle or Cognito id is there already is
-- left as it is.
insert into users (
    uuid,
    cognito_user_id,
    handle,
    display_name,
    bio,
    email,
    created_at
)
select
    person.uuid::uuid,
    'demo:' || person.handle,
    person.handle,
    person.display_name,
    person.bio,
    person.email,
    now() - person.age::interval
from (values
    ('ced075fd-6acd-4088-b9e2-227638f8d42a', 'andrewbrown', 'Andrew Brown',
        'Building Cruddur in the open, one crud at a time.',
        'andrewbrown@example.com', '40 days'),
    ('29bf4faf-2a4a-4e3c-a964-e215b7fcc93e', 'bayko', 'Andrew Bayko',
        'Keeps the lights on. Usually it was DNS.',
        'bayko@example.com', '39 days 5 hours'),
    ('e9ead686-dda1-4867-81c9-8d7d09397940', 'priya_n', 'Priya Natarajan',
        'Backend engineer, bridge enthusiast, owner of one very ambitious sourdough. 🍞',
        'priya@example.com', '33 days 2 hours'),
    ('eabdef0a-d20a-4624-8410-9f4dd549768d', 'tunde_a', 'Tunde Adeyemi',
        'Father of two, midfielder of sorts. Opinions about rice are final.',
        'tunde@example.com', '30 days 9 hours'),
    ('8c748c06-1384-4762-8cf0-d345715880ea', 'ingrid_s', 'Ingrid Solheim',
        'Garden, ferry, cat, repeat. 🌱',
        null, '27 days 1 hour'),
    ('a78750ba-ee6f-42b0-8d34-98d78e82045a', 'mei_lin', '林美 Mei Lin',
        'I paint walls, with permission. 壁畫師，台北。',
        'mei.lin@example.com', '25 days 14 hours'),
    ('3d348fc8-8442-4bb3-8e5b-4347a7d8abed', 'samir_h', 'Samir Haddad',
        'Draws maps and teaches others to. خرائط وقهوة ☕',
        'samir@example.com', '22 days 6 hours'),
    ('a5fae720-e3ce-41fb-b2dd-91a864c79d5c', 'sofia_r', 'Sofía Reyes',
        'Second violin. First in line for cake.',
        null, '21 days 3 hours'),
    ('41698ebe-1463-456d-a0be-eeb3dc023c56', 'kaia_p', 'Kaia Parata',
        'Marine biologist. If I do not answer I am under water. 🌊',
        'kaia@example.com', '18 days 20 hours'),
    ('ab668d07-461c-491d-8646-add534e771f2', 'OldPete', 'Pete Kowalski',
        '',
        null, '10 days 4 hours')
) as person (uuid, handle, display_name, bio, email, age)
on conflict do nothing;
