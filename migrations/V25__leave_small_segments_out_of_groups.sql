-- The server builds a small segment of the index of words before there are activities for a large one, and merges small
-- ones later. A small segment has a number from 2^30 on, so that the numbers of a group are those of segments that stay.
create or replace function note_search_groups() returns trigger
language plpgsql
as $$
begin
    insert into search_groups (segment_group)
    select distinct segment / 32
    from written
    where segment < 1073741824
    on conflict do nothing;

    update search_groups
    set due_at = now()
    where due_at = 'infinity'
        and segment_group < (select max(segment) / 32 from written where segment < 1073741824);

    return null;
end
$$;
