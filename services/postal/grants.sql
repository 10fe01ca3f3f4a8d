-- What the postal program may do. Tracking is append-only.
SELECT pg_temp.allow('postal.schema_version', 'SELECT');
SELECT pg_temp.allow('postal.item', 'SELECT, INSERT, UPDATE (state, attempts, events)');
SELECT pg_temp.allow('postal.tracking', 'SELECT, INSERT');
SELECT pg_temp.allow('postal.rule', 'SELECT');
SELECT pg_temp.allow('SEQUENCE postal.item_serial', 'USAGE');
