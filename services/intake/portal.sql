-- Tokens of portals that were used for a change: each is good for one.
CREATE TABLE portal_token (
    portal      text NOT NULL,
    identifier  text NOT NULL,              -- the token's jti
    until       timestamptz NOT NULL,       -- when it has expired by any clock of ours; the row goes then
    PRIMARY KEY (portal, identifier)
);
CREATE INDEX portal_token_until ON portal_token (until);
