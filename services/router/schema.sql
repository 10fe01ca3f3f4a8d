-- The router's database: the truth. Every dossier-bound key leads with shard (hash of the dossier id, 0-63), so that the tables
-- can be distributed by it. Instants are UTC. Names of columns are those of the protos.

-- --- What does not belong to a dossier -------------------------------------------------------------------------------

CREATE TABLE router (                       -- one row for each router that ever ran
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE,
    started_at  timestamptz NOT NULL DEFAULT now(),
    alive_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE directory_version (            -- one row; raised by every change, so that routers reload
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version     bigint NOT NULL DEFAULT 1
);
INSERT INTO directory_version DEFAULT VALUES;

CREATE TABLE agency (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,   -- surrogate: codes change, agencies merge
    name        text NOT NULL,
    successor   integer REFERENCES agency,
    paused      boolean NOT NULL DEFAULT false
);
CREATE TABLE agency_code (
    code        text NOT NULL CHECK (length(code) BETWEEN 1 AND 35),
    agency      integer NOT NULL REFERENCES agency,
    valid_from  timestamptz NOT NULL DEFAULT '-infinity',
    valid_until timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (code, valid_from)
);
CREATE TABLE agency_key (                   -- signing (and later encryption) certificates
    key_id      bytea PRIMARY KEY CHECK (length(key_id) = 32),
    agency      integer NOT NULL REFERENCES agency,
    purpose     text NOT NULL CHECK (purpose IN ('sign', 'encrypt')),
    certificate bytea NOT NULL,             -- DER
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    revoked_at  timestamptz
);
CREATE TABLE agency_curve (                 -- ZeroMQ CURVE public keys that may connect
    curve       bytea PRIMARY KEY CHECK (length(curve) = 32),
    agency      integer NOT NULL REFERENCES agency,
    revoked_at  timestamptz
);
CREATE TABLE agency_role (                  -- who is competent for what, where, when
    role        text NOT NULL,
    agency      integer NOT NULL REFERENCES agency,
    jurisdiction text NOT NULL DEFAULT '',  -- '' : everywhere
    valid_from  timestamptz NOT NULL DEFAULT '-infinity',
    valid_until timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (role, jurisdiction, valid_from, agency)
);
CREATE TABLE authority (                    -- certificate authorities whose certificates are accepted
    key_id      bytea PRIMARY KEY,
    certificate bytea NOT NULL
);
CREATE TABLE calendar (
    id          text NOT NULL,
    version     integer NOT NULL,
    packed      bytea NOT NULL,             -- lienthong.v1.Calendar
    deployed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, version)
);
CREATE TABLE process (                      -- compiled procedures; running dossiers keep their version
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    procedure   text NOT NULL,
    version     integer NOT NULL,
    packed      bytea NOT NULL,             -- lienthong.v1.Process
    source      bytea NOT NULL,             -- the BPMN file
    calendar    text NOT NULL,
    deployed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (procedure, version)
);

-- One row for each transaction of a router: after a lost COMMIT its presence is the answer (design decision 3).
CREATE TABLE batch (
    id           uuid PRIMARY KEY,
    router       integer NOT NULL REFERENCES router,
    committed_at timestamptz NOT NULL DEFAULT now()
);

-- (agency, key) -> dossier, for ever: the same key with other content is refused.
CREATE TABLE submission (
    agency      integer NOT NULL,
    key         text NOT NULL CHECK (length(key) BETWEEN 1 AND 100),
    dossier     uuid NOT NULL,
    digest      bytea NOT NULL,             -- of what was asked: opening, facts and salt-free part digests
    PRIMARY KEY (agency, key)
);

-- Refusals of what was not proved to come from an agency are aggregated by hour and cause, so that a flood stays small.
CREATE TABLE refusal_count (
    hour        timestamptz NOT NULL,
    code        integer NOT NULL,
    origin      text NOT NULL,              -- agency code of the connection, or ''
    count       bigint NOT NULL,
    last_text   text NOT NULL,
    last_at     timestamptz NOT NULL,
    PRIMARY KEY (hour, code, origin)
);

-- Refusals of proved messages, each with its cause. Final ones are remembered for ever by deduplication, too.
CREATE TABLE refusal (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    agency      integer NOT NULL,
    dossier     uuid,
    message_id  uuid,
    type        text NOT NULL,
    code        integer NOT NULL,           -- lienthong.v1.RefusalCode
    text        text NOT NULL
);
CREATE INDEX refusal_dossier ON refusal (dossier);

-- --- What belongs to a dossier ---------------------------------------------------------------------------------------

CREATE TABLE dossier (
    shard       smallint NOT NULL,
    id          uuid NOT NULL,
    version     bigint NOT NULL,            -- raised by every commit; the cache's key to freshness
    process     integer NOT NULL REFERENCES process,
    code        text NOT NULL,              -- human; no key
    officer     text NOT NULL,              -- the opening's purpose, copied into every delivery
    submitter   integer NOT NULL REFERENCES agency,
    status      smallint NOT NULL,
    sequence    bigint NOT NULL,            -- of the last event
    last_digest bytea NOT NULL,             -- of the last event
    opened_at   timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    due_at      timestamptz,                -- of the running appointment
    ended_at    timestamptz,
    open_steps  integer NOT NULL,           -- so that "silently stuck" can be asked in SQL
    incidents   integer NOT NULL,
    state       bytea NOT NULL,             -- lienthong.v1.DossierState
    PRIMARY KEY (shard, id)
) PARTITION BY RANGE (id);
CREATE INDEX dossier_code ON dossier (code);

CREATE TABLE event (                        -- append-only
    shard       smallint NOT NULL,
    dossier     uuid NOT NULL,
    sequence    bigint NOT NULL,
    kind        smallint NOT NULL,          -- enum event_kind
    agency      integer,                    -- sender; null: timer, router
    message_id  uuid,
    type        text NOT NULL,
    step        uuid,
    node        text NOT NULL,              -- BPMN element of the step or event
    happened    timestamptz NOT NULL,
    arrived     timestamptz NOT NULL,
    status      smallint NOT NULL,          -- afterwards
    used_us     bigint NOT NULL,            -- working time of the dossier's appointment used afterwards
    budget_us   bigint NOT NULL,
    step_used_us bigint NOT NULL,           -- of the step's own clock
    step_budget_us bigint NOT NULL,
    detail      text NOT NULL,              -- business error, timer, cause
    previous    bytea NOT NULL,             -- digest of the dossier's previous event; 32 zero bytes for the first
    digest      bytea NOT NULL,             -- SHA-256 as services/router/README.md says
    router      integer NOT NULL,
    batch       uuid NOT NULL,
    envelope    bytea,                      -- raw, as it came; null: timer
    PRIMARY KEY (shard, dossier, sequence)
) PARTITION BY RANGE (dossier);

CREATE TABLE part (                         -- append-only; the newest of a name is the one that travels on
    shard       smallint NOT NULL,
    dossier     uuid NOT NULL,
    name        text NOT NULL,
    sequence    bigint NOT NULL,            -- of the event that brought it; its envelope holds content and authorship
    digest      bytea NOT NULL,
    salted_digest bytea NOT NULL,
    size        bigint NOT NULL,
    PRIMARY KEY (shard, dossier, name, sequence)
) PARTITION BY RANGE (dossier);

CREATE TABLE message (                      -- deduplication; append-only
    shard       smallint NOT NULL,
    dossier     uuid NOT NULL,
    agency      integer NOT NULL,           -- authenticated sender
    message_id  uuid NOT NULL,
    digest      bytea NOT NULL,             -- of the signed header
    code        integer NOT NULL,           -- 0: accepted; otherwise the final refusal
    text        text NOT NULL,
    PRIMARY KEY (shard, dossier, agency, message_id)
) PARTITION BY RANGE (dossier);

CREATE TABLE outbox (                       -- deliveries to agencies
    shard       smallint NOT NULL,
    dossier     uuid NOT NULL,
    id          uuid NOT NULL,              -- message id of the delivery
    agency      integer NOT NULL,
    kind        smallint NOT NULL,          -- TASK, INFORM, CANCEL
    step        uuid,
    type        text NOT NULL,
    sequence    bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('waiting', 'received', 'dropped', 'dead')),
    attempts    integer NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL,       -- not before
    owner       integer,                    -- lease: which router, until when
    lease_until timestamptz,
    received_at timestamptz,
    reason      text NOT NULL DEFAULT '',   -- of the dead letter
    digest      bytea NOT NULL,             -- of the signed header: proof that who answers has seen it
    envelope    bytea NOT NULL,
    PRIMARY KEY (shard, dossier, id)
) PARTITION BY RANGE (dossier);
CREATE INDEX outbox_waiting ON outbox (agency, next_at) WHERE state = 'waiting';
CREATE INDEX outbox_open ON outbox (shard, dossier, agency) WHERE state = 'waiting';

CREATE TABLE timer (
    shard       smallint NOT NULL,
    dossier     uuid NOT NULL,
    timer       integer NOT NULL,
    generation  integer NOT NULL,
    due_at      timestamptz NOT NULL,
    owner       integer,
    lease_until timestamptz,
    PRIMARY KEY (shard, dossier, timer)
) PARTITION BY RANGE (dossier);
CREATE INDEX timer_due ON timer (due_at);

CREATE TABLE incident (
    shard       smallint NOT NULL,
    dossier     uuid NOT NULL,
    sequence    bigint NOT NULL,            -- event that opened it
    node        text NOT NULL,
    step        uuid,
    agency      integer,                    -- whose it is
    cause       text NOT NULL,
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz,
    PRIMARY KEY (shard, dossier, sequence, node)
) PARTITION BY RANGE (dossier);
CREATE INDEX incident_open ON incident (opened_at) WHERE closed_at IS NULL;

-- One partition takes everything until an operator splits by time (ids are time-ordered).
CREATE TABLE dossier_all  PARTITION OF dossier  DEFAULT;
CREATE TABLE event_all    PARTITION OF event    DEFAULT;
CREATE TABLE part_all     PARTITION OF part     DEFAULT;
CREATE TABLE message_all  PARTITION OF message  DEFAULT;
CREATE TABLE outbox_all   PARTITION OF outbox   DEFAULT;
CREATE TABLE timer_all    PARTITION OF timer    DEFAULT;
CREATE TABLE incident_all PARTITION OF incident DEFAULT;
-- Signed protobuf does not shrink, and what fits a page stays in its row: no time for compression, no second table.
ALTER TABLE event_all ALTER envelope SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
ALTER TABLE outbox_all ALTER envelope SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);

-- The ledger: one block for each committed batch that has events (design decision 23).
CREATE TABLE block (
    chain       integer NOT NULL REFERENCES router,
    height      bigint NOT NULL,
    batch       uuid NOT NULL,
    at          timestamptz NOT NULL,
    events      integer NOT NULL,
    root        bytea NOT NULL,             -- Merkle root over the event digests in order of (dossier, sequence)
    previous    bytea NOT NULL,             -- digest of block height - 1; zero bytes for the first
    heads       bytea NOT NULL,             -- digest over the other chains' (chain, height, digest) that it saw,
    seen        bytea NOT NULL,             -- and these: chain (4), height (8), digest (32) for each, by chain
    digest      bytea NOT NULL,
    key_id      bytea NOT NULL,
    signature   bytea NOT NULL,
    PRIMARY KEY (chain, height)
);
