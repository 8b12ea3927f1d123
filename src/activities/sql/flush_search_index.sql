-- Moves the words of new activities from the list in front of the index of words into it, and says how
-- many pages of the list that were. Nothing where the index is not there or is another role's, or where
-- nothing can be written.
select gin_clean_pending_list(pg_class.oid) as pages
from pg_class
where pg_class.oid = to_regclass('activity_documents_document_idx')
    and pg_has_role(pg_class.relowner, 'usage')
    and not pg_is_in_recovery()
