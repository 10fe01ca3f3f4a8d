-- The adapter's journal, in the schema lienthong of the agency's own database: what has arrived, what is open, what is on its
-- way out. Written in the same transactions as the agency's own changes, so that each delivery has its effect exactly once.
-- Instants are UTC, by the clock of the adapter that wrote them. What serves the present has partial indexes, so that old rows
-- cost nothing but their place.

CREATE TABLE lienthong.inbox (              -- deliveries, each with the receipt that was signed when it was journalled
    message     uuid PRIMARY KEY,           -- the delivery's message id
    dossier     uuid NOT NULL,
    step        uuid,
    kind        smallint NOT NULL,          -- lienthong.v1.MessageKind: TASK, INFORM, CANCEL
    operation   text NOT NULL,
    sequence    bigint NOT NULL,            -- the dossier's, at sending: the order of handling
    digest      bytea NOT NULL,             -- of the header: a repeated delivery must be the same
    envelope    bytea NOT NULL,
    arrived     timestamptz NOT NULL,
    receipt     uuid NOT NULL,              -- in the outbox
    state       smallint NOT NULL DEFAULT 0,-- 0 waiting, 1 done, 2 refused, 3 cancelled before it was handled
    attempts    integer NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL,
    code        integer NOT NULL DEFAULT 0, -- refused: lienthong.v1.RefusalCode
    reason      text NOT NULL DEFAULT ''    -- refused, or why the last attempt failed
);
CREATE INDEX inbox_due ON lienthong.inbox (next_at) WHERE state = 0;
CREATE INDEX inbox_order ON lienthong.inbox (dossier, sequence, message) WHERE state = 0;
CREATE INDEX inbox_step ON lienthong.inbox (step) WHERE state = 0;
CREATE INDEX inbox_refused ON lienthong.inbox (arrived) WHERE state = 2;

CREATE TABLE lienthong.step (               -- for ever: a step is answered once
    step        uuid PRIMARY KEY,
    dossier     uuid NOT NULL,
    operation   text NOT NULL,
    procedure   text NOT NULL,
    task        uuid,                       -- the TASK that its answer replies to; null: cancelled before one was seen
    digest      bytea NOT NULL,             -- of that TASK's header
    traceparent text NOT NULL,
    state       smallint NOT NULL,          -- 0 received, 1 open, 2 answered, 3 cancelled, 4 refused by us, 5 answer refused
    reply       uuid,                       -- ANSWER or CANCELLED, in the outbox
    changed     timestamptz NOT NULL
);
CREATE INDEX step_reply ON lienthong.step (reply) WHERE reply IS NOT NULL;

CREATE TABLE lienthong.outbox (             -- messages to the routers, signed once
    message     uuid PRIMARY KEY,
    dossier     uuid NOT NULL,
    step        uuid,
    kind        smallint NOT NULL,
    type        text NOT NULL,
    envelope    bytea NOT NULL,
    created     timestamptz NOT NULL,
    state       smallint NOT NULL DEFAULT 0,-- 0 waiting, 1 acknowledged, 2 refused finally
    attempts    integer NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL,       -- not sent before: a process that has just sent it waits for its acknowledgement
    settled     timestamptz,
    code        integer NOT NULL DEFAULT 0,
    reason      text NOT NULL DEFAULT ''
);
CREATE INDEX outbox_due ON lienthong.outbox (next_at) WHERE state = 0;

CREATE TABLE lienthong.submission (         -- for ever: one key, one dossier
    key         text PRIMARY KEY,
    dossier     uuid NOT NULL,
    message     uuid NOT NULL,
    digest      bytea NOT NULL,             -- of what was asked
    submitted   timestamptz NOT NULL
);
-- Signed protobuf does not shrink, and what fits a page stays in its row: no time for compression, no second table.
ALTER TABLE lienthong.inbox ALTER envelope SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
ALTER TABLE lienthong.outbox ALTER envelope SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
