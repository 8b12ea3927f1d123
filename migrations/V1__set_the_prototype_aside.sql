-- The Python prototype left tables named users and activities, without constraints. Where this
-- database has them they are renamed out of the way; V5 carries their rows over. On an empty
-- database this does nothing. A table of the same name with other columns belongs to somebody
-- else: it is refused, and nothing is touched.
do $$
declare
    prototype record;
    old_index record;
begin
    for prototype in
        select *
        from (values
            ('users', array['uuid', 'display_name', 'handle', 'cognito_user_id', 'created_at']),
            ('activities', array['uuid', 'user_uuid', 'message', 'expires_at', 'created_at'])
        ) as known (table_name, columns)
        where to_regclass(table_name) is not null
    loop
        if exists (
            select unnest(prototype.columns)
            except
            select attname::text
            from pg_attribute
            where attrelid = to_regclass(prototype.table_name) and not attisdropped
        ) then
            raise exception 'table "%" exists and is not the prototype''s', prototype.table_name
                using hint = 'Give Cruddur a database of its own: `cruddur db create` makes one.';
        end if;

        for old_index in
            select index_class.relname
            from pg_index
            join pg_class as index_class on index_class.oid = pg_index.indexrelid
            where pg_index.indrelid = to_regclass(prototype.table_name)
        loop
            execute format(
                'alter index %I rename to %I',
                old_index.relname, 'prototype_' || old_index.relname
            );
        end loop;

        execute format(
            'alter table %I rename to %I',
            prototype.table_name, 'prototype_' || prototype.table_name
        );
    end loop;
end
$$;
