-- Moves the words of new activities from the pending list of the search index into the index. Returns the number of
-- pages that the list had; no row when the index does not exist or belongs to another role, or on a standby.
select gin_clean_pending_list(pg_class.oid) as pages
from pg_class
where pg_class.oid = to_regclass('activity_documents_document_idx')
    and pg_has_role(pg_class.relowner, 'usage')
    and not pg_is_in_recovery()
