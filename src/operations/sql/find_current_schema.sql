-- The schema in which the search path creates objects, and the prefix of its objects' qualified names. Both are null where
-- the search path names no schema that exists.
select
    current_schema()::text as schema,
    quote_ident(current_schema()) || '.' as prefix
