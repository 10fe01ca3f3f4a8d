-- What the repository's program may do. Documents and signed results are append-only.
SELECT pg_temp.allow('repository.schema_version', 'SELECT');
SELECT pg_temp.allow('repository.document', 'SELECT, INSERT');
SELECT pg_temp.allow('repository.holding', 'SELECT, INSERT, UPDATE (issued, valid_until, copy_kind)');
SELECT pg_temp.allow('repository.result', 'SELECT, INSERT');
