-- Intake's own database: what the citizen and the desk see. The router's record decides; this follows its notices.

CREATE TABLE code_sequence (                -- the human dossier code's daily number; gaps are allowed
    day         date PRIMARY KEY,
    last        integer NOT NULL
);

CREATE TABLE application (                  -- one row for each dossier
    dossier     uuid PRIMARY KEY,
    code        text NOT NULL UNIQUE,       -- "000.01.01.H58-261123-0001"
    key         text NOT NULL UNIQUE,       -- Idempotency-Key of the submission
    digest      bytea NOT NULL,             -- SHA-256 of the request's canonical JSON: the same key with other content is refused
    procedure   text NOT NULL,
    channel     smallint NOT NULL,          -- 1 counter, 2 online, 3 post
    message     uuid NOT NULL,              -- of the submission
    created_at  timestamptz NOT NULL,
    accepted_at timestamptz,                -- when the router had committed it; null: not yet
    refused     text,                       -- the router's final refusal: "<code>: <text>"
    status      smallint NOT NULL DEFAULT 0,
    sequence    bigint NOT NULL DEFAULT 0,  -- of the newest status notice; older ones are discarded
    due_at      timestamptz,
    appointment integer NOT NULL DEFAULT 0,
    detail      text NOT NULL DEFAULT '',
    ended_at    timestamptz,
    withdrawal  text NOT NULL DEFAULT '' CHECK (withdrawal IN ('', 'asked', 'refused', 'done')),
    packed      bytea NOT NULL,             -- lienthong.v1.Application as last submitted or supplemented
    certificate bytea,                      -- lienthong.v1.Certificate, when written
    result      bytea,                      -- lienthong.v1.StoredResult, when stored
    notices     bytea,                      -- lienthong.v1.Notices, when issued
    supplement  bytea                       -- lienthong.v1.SupplementRequest, when one was made
) WITH (fillfactor = 50);                   -- room for the next version of a row beside it, without touching the indexes
CREATE INDEX application_message ON application (message);
CREATE INDEX application_open ON application (message) WHERE accepted_at IS NULL AND refused IS NULL;

CREATE TABLE progress (                     -- every status that was told, for the citizen's timeline
    dossier     uuid NOT NULL,              -- of application, which the inserting statement looks at
    sequence    bigint NOT NULL,
    status      smallint NOT NULL,
    at          timestamptz NOT NULL,
    due_at      timestamptz,
    step        text NOT NULL,
    detail      text NOT NULL,
    PRIMARY KEY (dossier, sequence, status)
);

CREATE TABLE sent (                         -- supplements, withdrawals and the desk's answers, so that their fate can be told
    message     uuid PRIMARY KEY,
    dossier     uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('supplement', 'withdrawal', 'answer')),
    key         text,                       -- Idempotency-Key, with the digest of its content
    digest      bytea,
    step        uuid,
    at          timestamptz NOT NULL,
    outcome     text NOT NULL DEFAULT '',   -- '' on its way, 'accepted', or "<code>: <text>"
    application bytea,                      -- what becomes the application, and the supplement request, once it is accepted
    supplement  bytea,
    UNIQUE (dossier, kind, key)
);
CREATE INDEX sent_open ON sent (message) WHERE outcome = '';
CREATE INDEX sent_step ON sent (step, at) WHERE step IS NOT NULL;

CREATE TABLE task (                         -- the desk's work
    step        uuid PRIMARY KEY,
    dossier     uuid NOT NULL,
    operation   text NOT NULL,
    opened_at   timestamptz NOT NULL,
    due_at      timestamptz,
    state       text NOT NULL CHECK (state IN ('open', 'answered', 'cancelled')),
    officer     text NOT NULL DEFAULT '',
    answered_at timestamptz,
    view        text NOT NULL               -- JSON: the parts and facts that came with it
);
CREATE INDEX task_open ON task (opened_at) WHERE state = 'open';
CREATE INDEX task_dossier ON task (dossier);

CREATE TABLE notice (                       -- notices to the desk: gaps, late tax, refused withdrawal
    message     uuid PRIMARY KEY,
    dossier     uuid NOT NULL,
    type        text NOT NULL,
    at          timestamptz NOT NULL,
    text        text NOT NULL
);
CREATE INDEX notice_dossier ON notice (dossier);

CREATE TABLE survey (                       -- one invitation when the dossier is handed over, one answer
    dossier     uuid PRIMARY KEY REFERENCES application,
    invited_at  timestamptz NOT NULL,
    answered_at timestamptz,
    score       smallint CHECK (score BETWEEN 1 AND 5),
    text        text NOT NULL DEFAULT '',
    key         text,                       -- Idempotency-Key, with the digest of its content
    digest      bytea,
    CHECK ((answered_at IS NULL) = (score IS NULL))
);

CREATE TABLE file (                         -- uploads: spooled here, then carried to the repository in pieces
    digest      bytea PRIMARY KEY CHECK (length(digest) = 32),
    size        bigint NOT NULL,
    complete    boolean NOT NULL DEFAULT false,
    stored_at   timestamptz,                -- in the repository
    created_at  timestamptz NOT NULL,
    next_at     timestamptz NOT NULL        -- of the next try to carry it there
);
CREATE INDEX file_next ON file (next_at) WHERE stored_at IS NULL;
