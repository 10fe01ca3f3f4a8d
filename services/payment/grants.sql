-- What the payment program may do.
SELECT pg_temp.allow('payment.schema_version', 'SELECT');
SELECT pg_temp.allow('payment.payment_order', 'SELECT, INSERT, UPDATE');
SELECT pg_temp.allow('payment.payment', 'SELECT, INSERT, UPDATE (outcome)');    -- what was paid stays; what it counts for may change
