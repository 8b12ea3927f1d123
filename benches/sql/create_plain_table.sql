-- For psql: the table that row 6 compares activities with. It has the same columns, a key and the foreign key to the
-- author, and nothing else.
drop table if exists plain_activities;

create table plain_activities (like activities including defaults);

alter table plain_activities
    add primary key (uuid),
    add foreign key (user_uuid) references users (uuid) on delete cascade;
