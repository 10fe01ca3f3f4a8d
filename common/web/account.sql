-- Accounts of officers and operators, their sessions, and the record of administrative acts. In a schema of its own: whatever
-- services share a database share the accounts.
CREATE SCHEMA IF NOT EXISTS account;

CREATE TABLE IF NOT EXISTS account.person (
    name        text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9._-]{1,19}$'),
    full_name   text NOT NULL CHECK (length(full_name) BETWEEN 1 AND 100), -- as it stands in dossiers
    password    text NOT NULL,              -- scrypt, with its parameters
    roles       integer NOT NULL,           -- bits: 1 observer, 2 operator, 4 security officer, 8 administrator, 16 desk officer
    locked      boolean NOT NULL DEFAULT false,
    failures    integer NOT NULL DEFAULT 0, -- since the last login
    pause_until timestamptz,                -- no password is looked at before
    created_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    login_at    timestamptz
);

CREATE TABLE IF NOT EXISTS account.session (
    digest      bytea PRIMARY KEY CHECK (length(digest) = 32), -- SHA-256 of the token, which nobody but its bearer has
    name        text NOT NULL REFERENCES account.person ON DELETE CASCADE,
    begun_at    timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS session_name ON account.session (name);

CREATE TABLE IF NOT EXISTS account.act (    -- append-only; no personal data of citizens, no secrets
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    who         text NOT NULL,              -- an account's name, "lt:" and the system's user, "machine" (the desk's token), "" nobody known
    source      text NOT NULL,              -- address, or "command line" and the machine
    act         text NOT NULL,              -- "login", "account add", "desk answer", …
    object      text NOT NULL,              -- an account, a step, a dossier's id
    outcome     text NOT NULL               -- "done", or why not, as a stable word
);

CREATE OR REPLACE FUNCTION account.act_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'account.act is append-only';
END $$;
DROP TRIGGER IF EXISTS act_stays ON account.act;
CREATE TRIGGER act_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON account.act FOR EACH STATEMENT
    EXECUTE FUNCTION account.act_stays();
