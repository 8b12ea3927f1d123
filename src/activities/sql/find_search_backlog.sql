-- What there is to do for the search index: how many activities the tail has, how many of them are in small rows, of
-- which several make a segment; whether a large segment can be built, or at least a small one; whether there are four small
-- ones, which have numbers from 2^30 on; and whether a segment or a group has to be looked at.
select
    coalesce(sum(activities), 0) as unindexed,
    coalesce(sum(activities) filter (where weight < 262144), 0) as recent,
    coalesce(sum(weight) filter (where weight < 262144) >= 491520 or bool_or(weight >= 262144), false) as is_full,
    coalesce(sum(weight) filter (where weight < 262144) >= 122880, false) as is_buildable,
    (
        select count(*) = 4
        from (
            select
            from search_segments
            where segment >= 1073741824
            limit 4
        ) as small
    ) as is_merge_due,
    exists (select from search_segments where due_at <= now()) as is_check_due,
    exists (select from search_groups where due_at <= now()) as is_group_due
from search_tail
