-- What intake may do. What was told, sent and noted, and the record of acts, is append-only but for what becomes of it.
SELECT pg_temp.allow('intake.schema_version', 'SELECT');
SELECT pg_temp.allow('intake.code_sequence', 'SELECT, INSERT, UPDATE (last)');
SELECT pg_temp.allow('intake.application', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('intake.progress', 'SELECT, INSERT');
SELECT pg_temp.allow('intake.sent', 'SELECT, INSERT, UPDATE (outcome)');
SELECT pg_temp.allow('intake.task', 'SELECT, INSERT, UPDATE (state, officer, answered_at)');
SELECT pg_temp.allow('intake.notice', 'SELECT, INSERT');
SELECT pg_temp.allow('intake.survey', 'SELECT, INSERT, UPDATE (answered_at, score, text, key, digest)');
SELECT pg_temp.allow('intake.file', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('intake.portal_token', 'SELECT, INSERT, DELETE');
-- Accounts are made and changed by `lt account` as the owner; here people log in and out.
SELECT pg_temp.allow('SCHEMA account', 'USAGE');
SELECT pg_temp.allow('account.person', 'SELECT, UPDATE (failures, pause_until, login_at)');
SELECT pg_temp.allow('account.session', 'SELECT, INSERT, UPDATE (seen_at), DELETE');
SELECT pg_temp.allow('account.act', 'SELECT, INSERT');
