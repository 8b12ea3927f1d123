-- The functions, procedures and aggregates of the search path's first schema, each with its definition. Members of
-- extensions are left out.
select
    case pg_proc.prokind
        when 'p' then 'procedure'
        when 'a' then 'aggregate'
        else 'function'
    end as kind,
    pg_proc.proname || '(' || pg_get_function_identity_arguments(pg_proc.oid) || ')' as name,
    null as parent,
    concat_ws(
        ' ',
        '(' || pg_get_function_arguments(pg_proc.oid) || ')',
        'returns ' || pg_get_function_result(pg_proc.oid),
        'language ' || pg_language.lanname,
        case pg_proc.provolatile when 'i' then 'immutable' when 's' then 'stable' end,
        case when pg_proc.proisstrict then 'strict' end,
        case when pg_proc.prosecdef then 'security definer' end,
        case when pg_proc.proleakproof then 'leakproof' end,
        case pg_proc.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end,
        'cost ' || pg_proc.procost,
        'rows ' || nullif(pg_proc.prorows, 0),
        'set ' || array_to_string(pg_proc.proconfig, ', '),
        'as ' || coalesce(pg_get_function_sqlbody(pg_proc.oid), pg_proc.prosrc)
    ) as definition
from pg_proc
join pg_namespace on pg_namespace.oid = pg_proc.pronamespace
join pg_language on pg_language.oid = pg_proc.prolang
where pg_namespace.nspname = current_schema()
    and not exists (
        select
        from pg_depend
        where pg_depend.classid = 'pg_proc'::regclass
            and pg_depend.objid = pg_proc.oid
            and pg_depend.deptype = 'e'
    )
