-- What the national portal should know of each dossier, and what it has confirmed.

-- The two tables that change with every status have no index on what changes, and room on their pages: so their indexes are
-- left alone (heap-only updates). What is due stands in a small table of its own.
CREATE TABLE record (
    dossier     uuid PRIMARY KEY,
    code        text NOT NULL UNIQUE,           -- MaHoSo
    packed      bytea,                          -- lienthong.v1.PortalRecord; null: only statuses came so far
    result      bytea,                          -- lienthong.v1.StoredResult
    status      smallint NOT NULL DEFAULT 0,    -- 0: only particulars came so far
    previous    smallint NOT NULL DEFAULT 0,    -- the status before
    sequence    bigint NOT NULL DEFAULT 0,      -- of the newest status; older ones are discarded
    since       timestamptz,                    -- when it got its status
    due_at      timestamptz,
    ended_at    timestamptz,
    version     integer NOT NULL DEFAULT 0,     -- counts the changes of what stands above
    told        integer NOT NULL DEFAULT 0,     -- the version that the peer has answered for good
    tells       integer NOT NULL DEFAULT 0,     -- how often it has: version - tells changes went together with a newer one
    tell_at     timestamptz,                    -- a version that was not told yet waits so long for newer ones
    refused     text NOT NULL DEFAULT '',       -- the peer's last word, when it was a refusal
    progress    integer NOT NULL DEFAULT 0,     -- number of the newest row of progress
    progress_told integer NOT NULL DEFAULT 0,   -- and of the last one that the peer has answered for good
    confirmed_at timestamptz,                   -- when the peer last had all that we know
    reconcile_at timestamptz                    -- when to compare with the peer
) WITH (fillfactor = 60);
CREATE INDEX record_reconcile ON record (reconcile_at) WHERE reconcile_at IS NOT NULL;

-- One call for each change of status, in order for each dossier. Written by the statement that writes its record, so that no
-- foreign key need watch over it.
CREATE TABLE progress (
    dossier     uuid NOT NULL,
    number      integer NOT NULL,               -- 1, 2, …
    sequence    bigint NOT NULL,
    status      smallint NOT NULL,
    at          timestamptz NOT NULL,
    detail      text NOT NULL,
    state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'refused')),
    answer      text NOT NULL DEFAULT '',       -- the peer's error code and message
    done_at     timestamptz,
    PRIMARY KEY (dossier, number)
) WITH (fillfactor = 70);

-- The dossiers of which the peer has not all; a row goes when it has.
CREATE TABLE errand (
    dossier     uuid PRIMARY KEY,
    next_at     timestamptz NOT NULL,           -- when a call is due
    calling_until timestamptz,                  -- a process makes it; afterwards another may
    step        uuid,                           -- portal.result.publish, answered when the peer has all
    attempts    integer NOT NULL DEFAULT 0,     -- that failed, in a row
    answer      text NOT NULL DEFAULT ''        -- why the last one did
) WITH (fillfactor = 50);
CREATE INDEX errand_next ON errand (next_at);

CREATE TABLE code_table (                       -- one for each peer: they number the same things differently
    peer        text NOT NULL,
    name        text NOT NULL,
    ours        integer NOT NULL,
    theirs      text NOT NULL,
    PRIMARY KEY (peer, name, ours)
);
INSERT INTO code_table (peer, name, ours, theirs) VALUES
    ('national', 'LoaiDoiTuong', 1, '1'), ('national', 'LoaiDoiTuong', 2, '2'),
    ('ministry', 'LoaiDoiTuong', 1, '0'), ('ministry', 'LoaiDoiTuong', 2, '1'),
    ('national', 'HinhThuc', 1, '0'), ('national', 'HinhThuc', 2, '1'), ('national', 'HinhThuc', 3, '2'),
    ('ministry', 'HinhThuc', 1, '1'), ('ministry', 'HinhThuc', 2, '2'), ('ministry', 'HinhThuc', 3, '3');

CREATE TABLE catalogue (                        -- names of procedures and fields, effective-dated
    procedure   text NOT NULL,
    valid_from  date NOT NULL,
    valid_until date NOT NULL DEFAULT 'infinity',
    name        text NOT NULL,
    field       text NOT NULL,
    field_name  text NOT NULL,
    PRIMARY KEY (procedure, valid_from)
);
INSERT INTO catalogue (procedure, valid_from, name, field, field_name) VALUES
    ('1.013831', '2020-01-01', 'Chuyển nhượng quyền sử dụng đất', 'LAND', 'Đất đai');
