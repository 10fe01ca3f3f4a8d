-- Items on their way, and what happened to them.

CREATE SEQUENCE item_serial MINVALUE 1 MAXVALUE 99999999;   -- eight digits of the S10 identifier

CREATE TABLE item (
    id          text PRIMARY KEY CHECK (length(id) = 13),   -- UPU S10
    dossier     uuid NOT NULL,
    step        uuid NOT NULL UNIQUE,
    name        text NOT NULL,
    address     text NOT NULL,
    telephone   text NOT NULL,
    choice      smallint NOT NULL,              -- 1 send file, 2 receive result, 3 both; 0 not said
    state       text NOT NULL CHECK (state IN ('accepted', 'pickup', 'transit', 'failed', 'delivered', 'returned', 'cancelled')),
    attempts    integer NOT NULL DEFAULT 0,     -- failed deliveries
    events      integer NOT NULL DEFAULT 0,     -- of tracking
    accepted_at timestamptz NOT NULL
) WITH (fillfactor = 70);                       -- its next versions find room beside it
CREATE INDEX item_open ON item (accepted_at) WHERE state NOT IN ('delivered', 'returned', 'cancelled');

CREATE TABLE tracking (                         -- append-only
    item        text NOT NULL,                  -- locked while its events are written
    number      integer NOT NULL,               -- 1, 2, … in order of telling
    kind        text NOT NULL CHECK (kind IN ('pickup', 'transit', 'delivered', 'failed', 'returned')),
    at          timestamptz NOT NULL,
    place       text NOT NULL,
    reason      text NOT NULL,
    signer      text NOT NULL,
    PRIMARY KEY (item, number)
);

CREATE TABLE rule (                             -- effective-dated
    rule        text NOT NULL,
    valid_from  date NOT NULL,
    valid_until date NOT NULL DEFAULT 'infinity',
    value       text NOT NULL,
    source      text NOT NULL,
    PRIMARY KEY (rule, valid_from)
);
INSERT INTO rule (rule, valid_from, value, source) VALUES
    ('delivery.attempts_max', '2020-01-01', '3', 'contract with the public postal service: three attempts, then back to the desk'),
    ('item.service', '2020-01-01', 'RR', 'UPU S10: registered letter-post item');
