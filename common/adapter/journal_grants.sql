-- What an agency's program may do with its journal.
SELECT pg_temp.allow('lienthong.schema_version', 'SELECT');
SELECT pg_temp.allow('lienthong.inbox', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('lienthong.step', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('lienthong.outbox', 'SELECT, INSERT, UPDATE, DELETE');    -- thinned after journal.keep_days
SELECT pg_temp.allow('lienthong.submission', 'SELECT, INSERT');                 -- append-only: one key, one dossier
SELECT pg_temp.allow('lienthong.told', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('lienthong.vault', 'SELECT, INSERT, UPDATE (mark)');
