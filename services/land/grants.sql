-- What the land registry's program may do. The register proper (entry, mortgage_entry), examinations and parties are append-only.
SELECT pg_temp.allow('land.schema_version', 'SELECT');
SELECT pg_temp.allow('land.party', 'SELECT, INSERT');
SELECT pg_temp.allow('land.spatial_unit', 'SELECT');
SELECT pg_temp.allow('land.ba_unit', 'SELECT, UPDATE (id)');                    -- to lock a unit
SELECT pg_temp.allow('land.rrr', 'SELECT, INSERT, UPDATE (ended_at, levy_owed)');
SELECT pg_temp.allow('land.certificate', 'SELECT, INSERT, UPDATE (invalidated_at, replaced_by)');
SELECT pg_temp.allow('land.restriction', 'SELECT, INSERT, UPDATE (released_at)');
SELECT pg_temp.allow('land.counter', 'SELECT, INSERT, UPDATE (value)');
SELECT pg_temp.allow('land.examination', 'SELECT, INSERT');
SELECT pg_temp.allow('land.waiting', 'SELECT, INSERT, UPDATE, DELETE');
SELECT pg_temp.allow('land.slip', 'SELECT, INSERT, UPDATE (rejection)');
SELECT pg_temp.allow('land.entry', 'SELECT, INSERT');
SELECT pg_temp.allow('land.rule', 'SELECT');
SELECT pg_temp.allow('land.mortgage_entry', 'SELECT, INSERT');
SELECT pg_temp.allow('land.forgery', 'SELECT');
