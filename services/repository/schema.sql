-- What the repository knows of its documents; their bytes lie in its folder. Lives in schema repository.

CREATE TABLE document (
    digest          bytea PRIMARY KEY CHECK (length(digest) = 32),      -- SHA-256 of the bytes: their name
    size            bigint NOT NULL CHECK (size >= 0),
    stored_at       timestamptz NOT NULL
);

CREATE TABLE holding (                                                  -- whose document it is, and how long it counts
    holder          text NOT NULL CHECK (length(holder) BETWEEN 1 AND 40),  -- personal or tax number
    type            text NOT NULL CHECK (length(type) BETWEEN 1 AND 100),   -- "identity-card"
    digest          bytea NOT NULL REFERENCES document,
    issued          date NOT NULL,
    valid_until     date CHECK (valid_until >= issued),                 -- last day; null: without end
    copy_kind       smallint NOT NULL CHECK (copy_kind BETWEEN 0 AND 2),    -- 0 original, 1 copy, 2 electronic
    PRIMARY KEY (holder, type, digest)
);

CREATE TABLE result (                                                   -- signed results of dossiers
    number          text PRIMARY KEY,                                   -- serial of the certificate
    kind            text NOT NULL,
    dossier         uuid NOT NULL,
    digest          bytea NOT NULL REFERENCES document,
    signature       bytea NOT NULL,                                     -- CMS, detached, DER
    stored_at       timestamptz NOT NULL
);
CREATE INDEX result_digest ON result (digest);
