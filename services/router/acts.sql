-- Acts on the directory are events of a dossier that is none (id 00000000-0000-8000-8000-000000000001): its last one.
ALTER TABLE directory_version ADD COLUMN sequence bigint NOT NULL DEFAULT 0;
ALTER TABLE directory_version ADD COLUMN last_digest bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000';

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only: a change is a new row', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- Who paused or resumed what begins by time, and why. The signed command is the envelope of the directory's event.
CREATE TABLE schedule_act (
    event       bigint PRIMARY KEY,         -- of the directory
    procedure   text NOT NULL,
    pause       boolean NOT NULL,           -- else it is resumed
    at          timestamptz NOT NULL,
    agency      integer NOT NULL REFERENCES agency,
    officer     text NOT NULL,
    reason      text NOT NULL
);
CREATE INDEX schedule_act_procedure ON schedule_act (procedure, event);
CREATE TRIGGER schedule_act_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON schedule_act FOR EACH STATEMENT EXECUTE FUNCTION append_only();
