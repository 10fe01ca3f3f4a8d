-- What the national portal should know of each dossier, and what it has confirmed.

CREATE TABLE record (
    dossier     uuid PRIMARY KEY,
    code        text NOT NULL UNIQUE,           -- MaHoSo
    packed      bytea,                          -- lienthong.v1.PortalRecord; null: only statuses came so far
    status      smallint NOT NULL DEFAULT 0,
    sequence    bigint NOT NULL DEFAULT 0,      -- of the newest status; older ones are discarded
    due_at      timestamptz,
    ended_at    timestamptz,
    result      bytea,                          -- lienthong.v1.StoredResult
    step        uuid,                           -- portal.result.publish, waits until the peer has confirmed
    confirmed_at timestamptz,                   -- when the peer last had all that we know
    reconcile_at timestamptz,                   -- when to compare with the peer
    next_at     timestamptz,                    -- when its oldest pending call is due; null: none is pending
    calling_until timestamptz                   -- a process makes that call; afterwards another may
);
CREATE INDEX record_next ON record (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX record_reconcile ON record (reconcile_at) WHERE reconcile_at IS NOT NULL;

-- One call for each change, in order for each dossier, until the peer says 00.
CREATE TABLE intent (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dossier     uuid NOT NULL REFERENCES record,
    kind        text NOT NULL CHECK (kind IN ('dossier', 'progress')),
    sequence    bigint NOT NULL,
    status      smallint NOT NULL,
    at          timestamptz NOT NULL,
    detail      text NOT NULL,
    state       text NOT NULL CHECK (state IN ('pending', 'done', 'refused')),
    attempts    integer NOT NULL DEFAULT 0,
    answer      text NOT NULL DEFAULT '',       -- the peer's error code and message
    done_at     timestamptz
);
CREATE INDEX intent_dossier ON intent (dossier, id);

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
