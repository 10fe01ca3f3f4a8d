-- What a router may do. Events, parts, messages, refusals, submissions, blocks, stamps and keys are append-only. The directory,
-- procedures, calendars and accounts are changed by `lt` as the owner.
SELECT pg_temp.allow('public.schema_version', 'SELECT');
SELECT pg_temp.allow('public.router', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('public.router_key', 'SELECT, INSERT');
SELECT pg_temp.allow('public.directory_version', 'SELECT, UPDATE');                -- acts on the directory are events
SELECT pg_temp.allow('public.schedule_act', 'SELECT, INSERT');
SELECT pg_temp.allow('public.rights', 'SELECT, INSERT');                           -- acts on rights
SELECT pg_temp.allow('public.query', 'SELECT, INSERT');
SELECT pg_temp.allow('public.agency', 'SELECT');
SELECT pg_temp.allow('public.agency_code', 'SELECT');
SELECT pg_temp.allow('public.agency_key', 'SELECT');
SELECT pg_temp.allow('public.agency_curve', 'SELECT');
SELECT pg_temp.allow('public.agency_role', 'SELECT');
SELECT pg_temp.allow('public.authority', 'SELECT');
SELECT pg_temp.allow('public.calendar', 'SELECT');
SELECT pg_temp.allow('public.process', 'SELECT');
SELECT pg_temp.allow('public.batch', 'SELECT, INSERT, UPDATE, DELETE');         -- which commits took place; thinned
SELECT pg_temp.allow('public.submission', 'SELECT, INSERT');
SELECT pg_temp.allow('public.refusal_count', 'SELECT, INSERT, UPDATE (count, last_text, last_at)');
SELECT pg_temp.allow('public.refusal', 'SELECT, INSERT');
SELECT pg_temp.allow('public.dossier', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('public.event', 'SELECT, INSERT');
SELECT pg_temp.allow('public.part', 'SELECT, INSERT');
SELECT pg_temp.allow('public.message', 'SELECT, INSERT');
SELECT pg_temp.allow('public.outbox', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('public.timer', 'SELECT, INSERT, UPDATE, DELETE');
SELECT pg_temp.allow('public.incident', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('public.schedule', 'SELECT, UPDATE');
SELECT pg_temp.allow('public.schedule_missed', 'SELECT, INSERT');
SELECT pg_temp.allow('public.block', 'SELECT, INSERT');
SELECT pg_temp.allow('public.block_stamp', 'SELECT, INSERT');
