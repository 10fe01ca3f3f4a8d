-- Certificates whose keys have signed blocks: each router writes its own when it starts, so that the ledger can be verified later.
CREATE TABLE router_key (                   -- append-only
    key_id      bytea PRIMARY KEY CHECK (length(key_id) = 32),
    certificate bytea NOT NULL,             -- DER
    since       timestamptz NOT NULL DEFAULT now()
);
-- RFC 3161 time stamps over heads of chains. Each vouches for all blocks up to its own. It has no reference to the block: it must
-- outlive it, so that a cut tail shows.
CREATE TABLE block_stamp (                  -- append-only
    chain       integer NOT NULL,
    height      bigint NOT NULL,
    digest      bytea NOT NULL,             -- the block's
    token       bytea NOT NULL,             -- DER, as the authority gave it
    at          timestamptz NOT NULL,       -- the authority's time, as the token says
    authority   text NOT NULL,              -- where it was asked
    PRIMARY KEY (chain, height)
);
