-- What the portal's program may do. What happened stays in progress; whether the peer has been told may change.
SELECT pg_temp.allow('portal.schema_version', 'SELECT');
SELECT pg_temp.allow('portal.record', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('portal.progress', 'SELECT, INSERT, UPDATE (state, answer, done_at)');
SELECT pg_temp.allow('portal.errand', 'SELECT, INSERT, UPDATE, DELETE');
SELECT pg_temp.allow('portal.code_table', 'SELECT');
SELECT pg_temp.allow('portal.catalogue', 'SELECT');
SELECT pg_temp.allow('portal.supplement', 'SELECT, INSERT, UPDATE (asked_at, supplied_at)');
