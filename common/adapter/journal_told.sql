-- What a router told of its directory (readers.h), so that parts can be sealed while no router can be asked.
CREATE TABLE lienthong.told (
    name        text PRIMARY KEY,           -- what was asked
    packed      bytea NOT NULL,             -- the answer
    at          timestamptz NOT NULL
);
