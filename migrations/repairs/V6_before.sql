-- Brings an earlier text of V6 to the present one, with V6_after.sql: takes away what V6 made, so that the
-- present V6 can run again. It computes the words of every activity anew, since they and their table's
-- columns differ between the texts. The notifications are kept: they say whom an activity mentioned when
-- it was written, which cannot be computed later. Can run again.
drop trigger if exists activities_describe on activities;
drop trigger if exists activities_forget on activities;

drop function if exists describe_activities();
drop function if exists forget_documents();
drop function if exists search_query(text);
drop function if exists search_document(text, text);
drop function if exists search_document(text, text, text);
drop function if exists search_names(text);
drop function if exists search_words(text);
drop function if exists search_words_beyond_ascii(text);
drop function if exists search_folded(text);

drop table if exists activity_documents;

create temporary table kept_notifications on commit drop as
select
    user_uuid,
    created_at,
    activity_uuid
from notifications;

drop table notifications;
