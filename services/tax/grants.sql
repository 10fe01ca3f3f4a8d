-- What the tax agency's program may do. Exemptions, chases and taxpayers are append-only.
SELECT pg_temp.allow('tax.schema_version', 'SELECT');
SELECT pg_temp.allow('tax.taxpayer', 'SELECT, INSERT');
SELECT pg_temp.allow('tax.counter', 'SELECT, INSERT, UPDATE (value)');
SELECT pg_temp.allow('tax.assessment', 'SELECT, INSERT, UPDATE (replaced_at)');
SELECT pg_temp.allow('tax.notice', 'SELECT, INSERT, UPDATE (paid, transactions, settled_at)');
SELECT pg_temp.allow('tax.receipt', 'SELECT, INSERT, UPDATE (amount, transactions, paid_at)');
SELECT pg_temp.allow('tax.exemption', 'SELECT, INSERT');
SELECT pg_temp.allow('tax.chase', 'SELECT, INSERT');
SELECT pg_temp.allow('tax.rule', 'SELECT');
