-- The population register and the log of who looked into it, and why. Lives in schema police.

CREATE TABLE person (
    personal_number text PRIMARY KEY CHECK (personal_number ~ '^[0-9]{12}$'),
    old_card_number text UNIQUE CHECK (old_card_number ~ '^[0-9]{9}$'),
    full_name       text NOT NULL CHECK (length(full_name) BETWEEN 1 AND 100),
    birth_date      text NOT NULL CHECK (birth_date ~ '^[0-9]{4}(-[0-9]{2}-[0-9]{2})?$'),   -- only the year of some is known
    demonstration   boolean NOT NULL DEFAULT false
);

-- Every query with its purpose (procedure and officer), append-only; who was asked for only when the register knows them.
CREATE TABLE access (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              timestamptz NOT NULL,
    dossier         uuid NOT NULL,
    step            uuid NOT NULL,
    request_id      text NOT NULL,
    service_code    text NOT NULL,
    integration_code text NOT NULL,
    unit_code       text NOT NULL,
    officer         text NOT NULL CHECK (officer <> ''),
    procedure       text NOT NULL CHECK (procedure <> ''),
    person          text REFERENCES person,
    outcome         text NOT NULL
);
CREATE INDEX access_person ON access (person, at);
CREATE INDEX access_dossier ON access (dossier);
CREATE FUNCTION access_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the access log is append-only';
END $$;
CREATE TRIGGER access_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON access EXECUTE FUNCTION access_kept();

-- The register can be taken out of service: queries then wait, and the process falls back to a check by hand.
CREATE TABLE service_state (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    available       boolean NOT NULL DEFAULT true,
    reason          text NOT NULL DEFAULT ''
);
INSERT INTO service_state DEFAULT VALUES;
