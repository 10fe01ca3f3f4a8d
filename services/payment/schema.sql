-- Orders for the notices of tax, and what the payment service said was paid.

CREATE TABLE payment_order (
    reference   text PRIMARY KEY,           -- the notice's number: the idempotency key towards the payment service
    dossier     uuid NOT NULL,
    step        uuid NOT NULL,
    kind        text NOT NULL,
    amount      numeric NOT NULL CHECK (amount > 0),
    paid        numeric NOT NULL DEFAULT 0,
    state       text NOT NULL CHECK (state IN ('open', 'paid', 'cancelled')),
    created_at  timestamptz NOT NULL,
    due_date    date,
    paid_at     timestamptz,
    -- The intent towards the payment service: what it should know, and whether it confirmed that.
    intent      text NOT NULL CHECK (intent IN ('register', 'close', 'none')),
    next_at     timestamptz NOT NULL,       -- of the intent's next try, or of the next reconciliation
    attempts    integer NOT NULL DEFAULT 0
);
CREATE INDEX payment_order_step ON payment_order (step);
CREATE INDEX payment_order_next ON payment_order (next_at) WHERE state = 'open' OR intent <> 'none';

CREATE TABLE payment (                      -- every transaction once
    transaction text PRIMARY KEY,
    reference   text NOT NULL,
    amount      numeric NOT NULL,
    paid_at     timestamptz NOT NULL,
    learnt_at   timestamptz NOT NULL,
    source      text NOT NULL CHECK (source IN ('callback', 'reconciliation')),
    -- All but 'counted' are to be paid back; 'cancelled' was counted before its order was given up.
    outcome     text NOT NULL CHECK (outcome IN ('counted', 'excess', 'unknown-reference', 'after-cancel', 'cancelled'))
);
CREATE INDEX payment_reference ON payment (reference);
