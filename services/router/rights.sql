-- Who may have what reach whom, in which procedure, when. Append-only: a change is a new act, and at any instant the newest act whose
-- time includes it decides (proto/README.md section 6). Without any: denied.
CREATE TABLE rights (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    procedure   text NOT NULL,              -- '*': every one
    sender      text NOT NULL,              -- roles
    type        text NOT NULL,
    recipient   text NOT NULL,              -- 'router': the procedure itself
    granted     boolean NOT NULL,           -- else denied, from valid_from until valid_until
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL DEFAULT 'infinity',
    at          timestamptz NOT NULL,
    event       bigint,                     -- of the directory, which holds the signed command; null: `lt deploy --grant`
    officer     text NOT NULL,              -- who did it, and
    reason      text NOT NULL,              -- why
    CHECK (valid_from < valid_until)
);
CREATE INDEX rights_name ON rights (procedure, sender, type, recipient);

-- Queries for personal data: who asked whom, for what and why. One row for each task of that kind; append-only.
CREATE TABLE query (
    dossier     uuid NOT NULL,
    delivery    uuid NOT NULL,              -- the task's message id
    at          timestamptz NOT NULL,
    procedure   text NOT NULL,
    version     integer NOT NULL,
    agency      integer,                    -- for whom: who opened the dossier; null: it began by time
    officer     text NOT NULL,
    type        text NOT NULL,
    recipient   integer NOT NULL,           -- the agency that was asked
    reason      text NOT NULL,
    PRIMARY KEY (dossier, delivery)
);
CREATE INDEX query_at ON query (at);
CREATE INDEX query_agency ON query (agency, at);

CREATE TRIGGER rights_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rights FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER query_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON query FOR EACH STATEMENT EXECUTE FUNCTION append_only();
