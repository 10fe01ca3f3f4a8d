-- When procedures begin by themselves: one row for each whose newest version has a timer start event. `lt deploy` writes it, routers
-- advance it in the transaction that opens the dossier.
CREATE TABLE schedule (
    procedure   text PRIMARY KEY,
    process     integer NOT NULL REFERENCES process,    -- the newest version; no other begins by time
    counts_from timestamptz NOT NULL,       -- its deployment
    due_at      timestamptz,                -- the next tick; null: never again
    number      bigint NOT NULL,            -- of that tick, from 1
    paused      boolean NOT NULL DEFAULT false,
    try_at      timestamptz,                -- a router is at it: no other tries before
    trouble     text NOT NULL DEFAULT '',   -- why the last try did not begin it
    begun       bigint NOT NULL DEFAULT 0,  -- dossiers of this version
    begun_due   timestamptz,                -- the last of them: its tick,
    begun_id    uuid                        -- and which it is
);
CREATE INDEX schedule_due ON schedule (due_at);

-- Ticks that began nothing, one row for each gap; append-only.
CREATE TABLE schedule_missed (
    procedure   text NOT NULL,
    from_at     timestamptz NOT NULL,       -- the first tick of the gap,
    until_at    timestamptz NOT NULL,       -- and what ended it: the tick that began after all, a deployment, the end of a pause
    ticks       bigint NOT NULL,
    reason      text NOT NULL,
    noted_at    timestamptz NOT NULL,
    PRIMARY KEY (procedure, from_at, noted_at)
);

-- Nobody has submitted what begins by time: its row in submission has agency 0.
ALTER TABLE dossier ALTER submitter DROP NOT NULL;
-- How many dossiers run on a version, however many have ended. Written when one opens and when it ends.
CREATE INDEX dossier_running ON dossier (process) WHERE ended_at IS NULL;
