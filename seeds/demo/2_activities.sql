-- The cruds of the demo: top-level activities with every time to live, replies to them, replies to
-- replies, and the counts. An activity's age is less than its time to live, so none is loaded
-- expired, and a reply's distance from what it answers is less than the age of that.
--
-- Idempotent: the uuids are fixed, and a row that is there already is left as it is. Loading the
-- set again after a purge brings back what is missing, with new dates. Authors are found by their
-- Cognito id and parents by their uuid: where one is missing, what would hang on it is skipped.
-- The counts are computed from what is there.

-- Top-level activities, oldest first.
insert into activities (
    uuid,
    user_uuid,
    message,
    expires_at,
    created_at
)
select
    crud.uuid::uuid,
    users.uuid,
    crud.message,
    now() - crud.age::interval + crud.ttl::interval,
    now() - crud.age::interval
from (values
    ('40b0c4db-b8ee-4d4a-b90d-179c0121afd3', 'andrewbrown', '11 days 6 hours', '30 days',
        'Welcome to Cruddur! The one rule: nothing stays. Say it, let people answer, let it go. 👋 #firstcrud'),
    ('d6e4b8c5-ca7b-4c99-968a-36f8f288ab0b', 'OldPete', '10 days 2 hours 20 minutes', '30 days',
        'Forty-one years of fixing radios and I have finally been talked into having a profile. The grandchildren are delighted. I am cautiously amused.'),
    ('565a0874-0197-4746-85ac-0d733293a61f', 'ingrid_s', '9 days 15 hours', '30 days',
        'Planted the garlic today. See you next summer, little ones. 🧄 #garden'),
    ('ab209661-0798-4d08-b59a-3b6750fa5574', 'priya_n', '8 days 20 hours 45 minutes', '30 days',
        'Reading plan for the month: one novel, one book about bridges, zero self-help. Recommendations for the bridge slot are welcome. #reading'),
    ('88c4b139-3cb4-480f-9b88-8602a411c41a', 'kaia_p', '8 days 1 hour', '30 days',
        'Swam in the harbour every day this month. The water is 13 degrees. I would describe the mood as ''awake''. 🌊'),
    ('10c9399e-692c-45ea-a8f0-8fd3fb9b8aeb', 'tunde_a', '7 days 9 hours', '30 days',
        'Looking for two people for a Thursday five-a-side team in the east of town. No talent needed, we have none either. ⚽'),
    ('ceafac76-5cd4-430f-921e-707ad2ddcdb1', 'bayko', '6 days 5 hours 10 minutes', '30 days',
        'Things I check before I blame the network:
1. the cable
2. the other end of the cable
3. DNS
4. DNS again'),
    ('9663321c-72f3-48f1-b699-7db65d0684fc', 'tunde_a', '6 days 2 hours', '7 days',
        'Family lunch report: the jollof caught slightly at the bottom, which is of course the best part. 🍚'),
    ('15bd8327-4db1-4073-939d-7465bd5807ba', 'priya_n', '5 days 16 hours', '7 days',
        'My code worked on the first try, so now I have to find out what I forgot to test. #rust'),
    ('5efaf2f8-5d0b-4201-9be9-745ee90c4dd6', 'sofia_r', '5 days 3 hours', '30 days',
        'Found my grandmother''s recipe notebook. Every quantity is ''enough''. Wish me luck. #cooking'),
    ('cbf7ed50-3b0e-4c6d-8aa7-10d253d1c2ec', 'kaia_p', '5 days 1 hour 30 minutes', '7 days',
        'Spotted two little blue penguins under the boat ramp. They looked at me as if I owed them rent. 🐧'),
    ('e0e29538-f70e-472a-a32c-ec66bb3a51ad', 'ingrid_s', '4 days 18 hours', '7 days',
        'The ferry was late, the sunset was not. Fair trade.'),
    ('341ce152-dfaa-498a-b2ee-db446019ecf7', 'mei_lin', '4 days 11 hours', '30 days',
        'Finished the first panel of the mural on the school wall. Six to go, and the children have already voted for more cats. 🐈 #mural'),
    ('2fd11b90-7cec-474c-8fb5-564d3cfa6d1c', 'samir_h', '4 days 2 hours', '7 days',
        'Question for everyone: which place did you only understand after seeing it drawn? #maps'),
    ('4d9bf288-4419-49b2-95b9-6f97514f08fe', 'sofia_r', '3 days 19 hours', '7 days',
        'Rehearsal went so badly that the concert can only be wonderful. Second violins, I am looking at us. 🎻'),
    ('3c22ce6d-4816-45ce-92fe-3e2a83971db2', 'samir_h', '3 days 7 hours', '30 days',
        'Teaching an evening class in map drawing from next week. First lesson: north at the top is a habit, not a law. #maps'),
    ('ee5e265e-2137-4941-b320-daf4446f2492', 'bayko', '3 days 4 hours', '7 days',
        'Changed the bike tyre before it went flat, for once in my life. Who is this organised person and what have they done with me? 🚲'),
    ('610dd635-acfb-44b5-b8ab-043e353b14d8', 'mei_lin', '2 days 20 hours', '7 days',
        'Learned today that my apprentice thought ''primer'' was a brand of sandwich. We are all having one for lunch now.'),
    ('c40d6bc1-9cc1-49d2-8d94-eaa194b0a675', 'kaia_p', '2 days 12 hours', '3 days',
        'Low tide is at six in the morning all week. Anyone want to help count crabs? We bring the buckets and the biscuits. 🦀 #tidepool'),
    ('4daa28ad-cea5-4ce8-b5ad-196b44c3ebc7', 'andrewbrown', '2 days 6 hours', '7 days',
        'Note to self: write the README while you still remember why. #devlife'),
    ('e15275d4-dd28-4598-877c-790c909286cd', 'samir_h', '2 days 1 hour', '3 days',
        'صباح الخير من بيروت! القهوة جاهزة والبحر هادئ اليوم ☕ #صباح'),
    ('a1abba9d-1dd0-4e6f-8316-76f5bc086d8b', 'andrewbrown', '1 day 22 hours', '30 days',
        'The best question in the room is usually the one somebody almost did not ask. Ask it.'),
    ('a0405fac-33f6-46b9-b03d-c2cb1698866c', 'ingrid_s', '1 day 20 hours', '3 days',
        'Whoever left a bag of plums on my doorstep: thank you, and there will be jam.'),
    ('31ff0c93-40c7-499e-9dd9-f4c362b5f452', 'OldPete', '1 day 17 hours', '7 days',
        'Rain on a tin roof, soldering iron warm, a slow record on. If you need me, please don''t.'),
    ('c04285cc-105a-435d-9476-2c7507302135', 'mei_lin', '1 day 13 hours', '3 days',
        '下班路上買到一束便宜的向日葵，連捷運站都突然變得好看了 🌻 #台北'),
    ('4daf590c-22c4-4d85-b76f-083e13f66363', 'bayko', '1 day 5 hours', '3 days',
        'Deployed late in the day. Nothing happened. I have been staring at the graphs for an hour and I think I miss the adrenaline. #ops'),
    ('e27eb7aa-b3c4-4aea-8b1c-fd27939c8813', 'priya_n', '1 day 2 hours 15 minutes', '7 days',
        'Challenge from @andrewbrown: a whole story in exactly 280 characters, no more and no fewer. So: a woman missed her train, shared a bench and a bag of cherries with a stranger, missed the next train on purpose, and has been laughing with him at railway clocks for fourteen years. 🍒'),
    ('8abd1be3-cf80-4c4e-ae5d-c81e9a6f80d6', 'sofia_r', '23 hours', '3 days',
        'Lemon cake, attempt three: it rose, it browned, it did not weep. Calling it. 🍋 #cooking'),
    ('b7dcce3a-1346-4c4e-9821-aebdba2a1494', 'priya_n', '19 hours 10 minutes', '1 day',
        'Does anyone else name their sourdough starter? Mine is called Bertram and he has doubled since breakfast. 🍞'),
    ('be6bd61b-1d1d-45a1-999f-a3a42ecc7bb1', 'andrewbrown', '16 hours', '3 days',
        'Office hours were full of good questions. My favourite: ''How do you know when to stop?'' I did not, we ran over by forty minutes.'),
    ('79c0082a-2f32-43fa-bae4-3576fdf1383d', 'OldPete', '14 hours 5 minutes', '30 days',
        'For sale, or rather for love: one 1962 valve radio. Works, hums a little in B flat. Must go to someone who will dust it.'),
    ('12c2f005-c5c8-400c-bb34-790b9db1ff17', 'bayko', '12 hours 30 minutes', '1 day',
        'Power is off on the third floor until five for maintenance. Bring a torch or a good excuse.'),
    ('7d047431-7fcd-4616-a0bb-d73033a418a4', 'kaia_p', '11 hours', '1 day',
        'Wind is up to thirty knots, so the boat stays in and the paperwork comes out. Sigh. ⛵'),
    ('1d2f97ea-3706-49c9-9815-4f1edd32560a', 'tunde_a', '9 hours 40 minutes', '12 hours',
        'Trains on the east line are running every twenty minutes this morning. Bring a book. #commute'),
    ('45f8fc5c-96d3-4b33-a30f-3a37ac0b747c', 'sofia_r', '9 hours 5 minutes', '1 day',
        'What small thing made your week better? I''ll start: the bus driver who waited. 🚌'),
    ('6a5f6504-bd19-4b7c-b0c2-20e1f7010ffa', 'tunde_a', '8 hours 10 minutes', '7 days',
        'We now have nine people for Thursday, which is nearly two teams and definitely one argument about bibs. ⚽ cc @bayko'),
    ('4ef74b35-2e7b-4273-b6e1-26dcfc18bb75', 'ingrid_s', '7 hours 20 minutes', '1 day',
        'First frost on the windows. The cat has resigned from outdoor duties with immediate effect. ❄️'),
    ('e3339122-9e54-4c7e-ac0f-7303d323dae8', 'OldPete', '6 hours 50 minutes', '12 hours',
        'There is half an apple pie on the bench outside the workshop. First come, first served. 🥧'),
    ('f50611e3-d123-4a72-b800-6111c94b3197', 'OldPete', '6 hours 5 minutes', '3 days',
        'Explained to my neighbour what a hashtag is. He now says it out loud at the end of his sentences. #regret'),
    ('65cec23f-ebbe-4794-a904-e4b62137486a', 'samir_h', '5 hours 15 minutes', '1 day',
        'Free lesson by the fountain in the park if the weather holds: how to find south with a wristwatch. #maps'),
    ('557827e4-d657-4b18-a905-f30aa2d9ba08', 'ingrid_s', '4 hours 35 minutes', '12 hours',
        'The forecast for northern lights is good tonight. Look up if your sky is clear! ✨ #aurora'),
    ('3b980d26-4692-4b7e-8de5-061e6cf398d3', 'mei_lin', '3 hours 25 minutes', '1 day',
        'The paint came in the wrong blue. It is a better blue. Saying nothing. 🎨 #mural'),
    ('d60c24d8-83e2-432f-bb1c-2f92b044f0cb', 'tunde_a', '2 hours 40 minutes', '3 days',
        'Lost: one grey glove, left hand. Sentimental value nil, but the right one is lonely. 🧤'),
    ('34623473-8a1f-4781-b43f-54a9f7012cac', 'sofia_r', '2 hours 20 minutes', '3 hours',
        'Rehearsal has moved to room 12, the piano in room 4 has a sticky F sharp. 🎹'),
    ('e250ef9f-4011-469b-a882-f27840427f80', 'priya_n', '2 hours 15 minutes', '12 hours',
        'Two tickets for tonight''s quiz going spare. You must be good at flags, rivers or confident guessing.'),
    ('cde69cd5-98b9-4ceb-94c0-05859827e327', 'andrewbrown', '1 hour 50 minutes', '1 day',
        'Live coding later. Today we break something on purpose and find out who notices first. My money is on @bayko. #live'),
    ('40c2d55c-ba35-4c66-b564-7cb8bc70f4be', 'samir_h', '1 hour 35 minutes', '3 hours',
        'The big table by the window at the corner café will be free soon. Six chairs, good light, slow waiter.'),
    ('e18ac445-5c6c-4810-8e4a-6cb3f9adc569', 'mei_lin', '55 minutes', '12 hours',
        'The rain has stopped. Everyone out, quickly, before it changes its mind. 🌦️'),
    ('17695a15-31b0-4aa0-b23b-1c012113d17f', 'bayko', '48 minutes', '3 hours',
        'The server room is two degrees warmer than it should be. Following the draught, back soon. #ops'),
    ('de57712b-239d-4302-bf6e-4481e36201da', 'andrewbrown', '38 minutes', '1 hour',
        'Microphone check. If you can read this you cannot hear it, so that tells us nothing. #live'),
    ('44205ca2-cb21-4530-8241-56bb54842c4d', 'OldPete', '27 minutes', '1 hour',
        'Kettle is on.'),
    ('e2f06f85-1e43-44a8-b6a1-d78344f645fd', 'kaia_p', '21 minutes', '3 hours',
        'Dolphins in the bay RIGHT NOW, east side of the pier! 🐬🐬'),
    ('754d6650-b8b7-403d-b3b9-4af2e5137e6f', 'tunde_a', '12 minutes', '1 hour',
        'All right, which of you took the good chair?'),
    ('9eb14897-cbd8-4326-8597-4e145797945e', 'ingrid_s', '4 minutes', '1 hour',
        'This one is gone in an hour, so I can admit it: I have never liked olives. 🫒')
) as crud (uuid, handle, age, ttl, message)
join users on users.cognito_user_id = 'demo:' || crud.handle
on conflict do nothing;

-- Replies: uuid, what it answers, its author, how long after. They expire with what they answer; an
-- expired activity that still waits for its purge gets none.
insert into activities (
    uuid,
    user_uuid,
    message,
    reply_to_activity_uuid,
    expires_at,
    created_at
)
select
    reply.uuid::uuid,
    users.uuid,
    reply.message,
    parent.uuid,
    parent.expires_at,
    parent.created_at + reply.distance::interval
from (values
    ('c4a36f2e-0e11-4f76-9dd2-24a3610e2579', '40b0c4db-b8ee-4d4a-b90d-179c0121afd3', 'bayko', '14 minutes',
        'First! And in thirty days nobody can prove it.'),
    ('1c969c2e-e444-411a-9c57-715680e5a039', '40b0c4db-b8ee-4d4a-b90d-179c0121afd3', 'priya_n', '52 minutes',
        'A social network that forgets. My teenage self would have signed up twice.'),
    ('6488ebec-c591-4b2e-83b2-5e5e0adc57fd', '40b0c4db-b8ee-4d4a-b90d-179c0121afd3', 'ingrid_s', '3 hours 5 minutes',
        'Hei from the fjord! What happens to the replies when the crud goes?'),
    ('c370573e-41ef-42de-87d9-687a017c7336', '40b0c4db-b8ee-4d4a-b90d-179c0121afd3', 'mei_lin', '7 hours 30 minutes',
        'Hello from Taipei! I like that a wall and a post can both be painted over. 🎨'),
    ('dc599eaf-e98f-499c-bb1e-6f6ad7ff4236', '40b0c4db-b8ee-4d4a-b90d-179c0121afd3', 'OldPete', '1 day 6 hours 10 minutes',
        'Late to the party as usual. Is there any cake left, @andrewbrown?'),
    ('57d9b431-0f2d-4a01-8979-267b67cd5130', 'd6e4b8c5-ca7b-4c99-968a-36f8f288ab0b', 'kaia_p', '18 minutes',
        'Welcome, @OldPete! Do you do boat radios?'),
    ('0d2f61d3-2512-491f-9735-cb6331b82009', 'ab209661-0798-4d08-b59a-3b6750fa5574', 'samir_h', '40 minutes',
        'Start with arches. Once you see how a stone arch holds itself up, you look at every doorway differently.'),
    ('03982f39-73cd-4e5c-91a4-8d418de7ffca', 'ab209661-0798-4d08-b59a-3b6750fa5574', 'bayko', '5 hours 10 minutes',
        'Zero self-help sounds very good for you.'),
    ('ed92edd2-4a5e-467a-80bc-f86b6e7810ac', '10c9399e-692c-45ea-a8f0-8fd3fb9b8aeb', 'bayko', '1 hour 5 minutes',
        'I am in, and I bring my own lack of talent.'),
    ('fe968577-306b-4387-beff-16a35d3f6902', 'ceafac76-5cd4-430f-921e-707ad2ddcdb1', 'priya_n', '9 minutes',
        '5. the cable, but this time with the lights on'),
    ('442ebb25-9fb4-4a34-bb8e-3b997bae66a2', 'ceafac76-5cd4-430f-921e-707ad2ddcdb1', 'tunde_a', '31 minutes',
        'You forgot ''who restarted what over lunch''.'),
    ('59c0ed6a-c524-4d4b-9312-4f5a43fd17a2', 'ceafac76-5cd4-430f-921e-707ad2ddcdb1', 'andrewbrown', '2 hours 6 minutes',
        'Printing this for the wall. #ops'),
    ('dc5f28a1-0d93-48cf-b30a-4ac472078be9', '2fd11b90-7cec-474c-8fb5-564d3cfa6d1c', 'ingrid_s', '22 minutes',
        'The fjord I grew up on. I thought it was a lake until I was seven, and my father still tells that story at dinners.'),
    ('b867f915-fb74-4bcb-8d04-546826d9248b', '2fd11b90-7cec-474c-8fb5-564d3cfa6d1c', 'kaia_p', '10 hours 15 minutes',
        'The sea floor. The flat blue part of the map turns out to be the least flat part there is. 🌊'),
    ('ac0f6256-ad82-43c1-b7e0-434274ad7194', '4daa28ad-cea5-4ce8-b5ad-196b44c3ebc7', 'priya_n', '16 minutes',
        'And again the next morning, once you have slept and disagree with it.'),
    ('322617c2-4c8c-43b8-94ba-6b97cc49ef54', 'c04285cc-105a-435d-9476-2c7507302135', 'samir_h', '28 minutes',
        'I cannot read it, but the sunflower says enough. Good evening, @mei_lin!'),
    ('3d4e005f-eadc-4bc7-8f1a-09777abe3ca8', '79c0082a-2f32-43fa-bae4-3576fdf1383d', 'mei_lin', '2 hours 30 minutes',
        'I would dust it every Sunday, @OldPete. Is the B flat negotiable?'),
    ('9defd479-4aff-488e-9009-1f93cb7a5564', '45f8fc5c-96d3-4b33-a30f-3a37ac0b747c', 'tunde_a', '6 minutes',
        'My daughter labelled her drawing of me ''tall, friendly, loud''. I am having it framed.'),
    ('300b0e88-f7e3-4725-a542-c68579c0991f', '45f8fc5c-96d3-4b33-a30f-3a37ac0b747c', 'kaia_p', '19 minutes',
        'Someone left a note on the boat: ''nice knots''. I have been walking taller since. ⛵'),
    ('162bcfca-9de4-48ef-b8c7-16d2d3a3f2c8', '45f8fc5c-96d3-4b33-a30f-3a37ac0b747c', 'OldPete', '33 minutes',
        'A customer paid in eggs. Exact change, too. 🥚'),
    ('53fb4773-6f2c-4728-b8a9-de2b7115fcd9', '45f8fc5c-96d3-4b33-a30f-3a37ac0b747c', 'samir_h', '1 hour 12 minutes',
        'My students drew the building from memory, and every one of them made the vending machine bigger than the stairs.'),
    ('9626044e-6dd4-4916-9bdc-a5ff2553cea9', '45f8fc5c-96d3-4b33-a30f-3a37ac0b747c', 'priya_n', '2 hours 3 minutes',
        'Long answer, sorry. I spent most of Tuesday on a test that failed about one time in twenty, and by the evening I was sure that the machine disliked me in person. Then the new colleague, who started last week and apologises before every sentence, looked over my shoulder and asked why the clock in the test was a real one. That was it. That was the whole thing. We fixed it in four minutes, and she has stopped apologising, at least on Wednesdays.'),
    ('e28fa15b-0a22-424f-b0a1-0db6f2ac9b6e', '45f8fc5c-96d3-4b33-a30f-3a37ac0b747c', 'andrewbrown', '3 hours 41 minutes',
        'Reading this thread, honestly. 💛'),
    ('f987a404-b552-4dda-be75-7bcc9939ff1f', '557827e4-d657-4b18-a905-f30aa2d9ba08', 'kaia_p', '20 minutes',
        'Wrong hemisphere for me. Please send pictures!'),
    ('6a9a2e82-1bbb-42aa-bd74-178cfb2d5ae3', 'cde69cd5-98b9-4ceb-94c0-05859827e327', 'bayko', '7 minutes',
        'I notice everything, @andrewbrown. I just wait to see whether anybody else does.'),
    ('d511ddae-4c77-455a-a704-a75fd227ded7', 'cde69cd5-98b9-4ceb-94c0-05859827e327', 'priya_n', '26 minutes',
        'One biscuit on @bayko, please. 🍪'),
    ('73db2f0a-2a60-46bb-aa72-c8ca705037c6', '44205ca2-cb21-4530-8241-56bb54842c4d', 'andrewbrown', '3 minutes',
        'On my way. Two sugars, please.')
) as reply (uuid, parent_uuid, handle, distance, message)
join activities as parent on parent.uuid = reply.parent_uuid::uuid and parent.expires_at > now()
join users on users.cognito_user_id = 'demo:' || reply.handle
on conflict do nothing;

-- Replies to replies: a statement of their own, because it has to see the one above.
insert into activities (
    uuid,
    user_uuid,
    message,
    reply_to_activity_uuid,
    expires_at,
    created_at
)
select
    reply.uuid::uuid,
    users.uuid,
    reply.message,
    parent.uuid,
    parent.expires_at,
    parent.created_at + reply.distance::interval
from (values
    ('0cbf346e-2890-4370-9c23-e474bed3f13f', '6488ebec-c591-4b2e-83b2-5e5e0adc57fd', 'andrewbrown', '11 minutes',
        '@ingrid_s They go with it, the whole thread at once. No ghosts.'),
    ('c127ce20-add1-4bce-b00f-d6237dc4589b', 'dc599eaf-e98f-499c-bb1e-6f6ad7ff4236', 'andrewbrown', '25 minutes',
        'Always. It keeps for a month, so no hurry. 🎂'),
    ('5c783f4c-7573-4d66-a96c-64adf7173b34', '442ebb25-9fb4-4a34-bb8e-3b997bae66a2', 'bayko', '12 minutes',
        '@tunde_a That is item zero, and it is always me.'),
    ('09411aae-37dd-4ca0-b688-77ddf7a936d5', '162bcfca-9de4-48ef-b8c7-16d2d3a3f2c8', 'sofia_r', '8 minutes',
        '@OldPete What does a transistor go for these days, half a dozen?')
) as reply (uuid, parent_uuid, handle, distance, message)
join activities as parent on parent.uuid = reply.parent_uuid::uuid and parent.expires_at > now()
join users on users.cognito_user_id = 'demo:' || reply.handle
on conflict do nothing;

-- Holds the demo's activities, so that a reply that somebody writes meanwhile is counted once.
select activities.uuid
from activities
join users on users.uuid = activities.user_uuid
where users.cognito_user_id like 'demo:%'
order by activities.uuid
for no key update of activities;

-- Sets the demo's activities' count of direct live replies, whoever wrote them.
update activities
set replies_count = counted.replies_count
from (
    select
        parent.uuid,
        count(reply.uuid) as replies_count
    from activities as parent
    join users on users.uuid = parent.user_uuid
    left join activities as reply
        on reply.reply_to_activity_uuid = parent.uuid
        and (reply.expires_at is null or reply.expires_at > now())
    where users.cognito_user_id like 'demo:%'
    group by parent.uuid
) as counted
where activities.uuid = counted.uuid
    and activities.replies_count <> counted.replies_count;
