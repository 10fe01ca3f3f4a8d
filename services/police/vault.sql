-- The register's personal data is sealed by the agency's vault; who is looked for is found by blind indexes.
DO $$
BEGIN
    IF EXISTS (SELECT FROM police.person) OR EXISTS (SELECT FROM police.access) THEN
        RAISE EXCEPTION 'people stand here from before personal data was sealed: load the register into an empty database';
    END IF;
END $$;
DROP TABLE access;
DROP TABLE person;
CREATE TABLE person (
    number_index    bytea PRIMARY KEY CHECK (length(number_index) = 32),    -- of the personal number; owner of what is sealed here
    card_index      bytea UNIQUE CHECK (length(card_index) = 32),           -- of the old card number
    personal_number bytea NOT NULL,
    old_card_number bytea,
    full_name       bytea NOT NULL,
    birth_date      bytea NOT NULL,                                         -- of some only the year is known
    demonstration   boolean NOT NULL DEFAULT false
);
CREATE TABLE access (                                                       -- as before; PERSON by the index
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
    person          bytea REFERENCES person,
    outcome         text NOT NULL
);
CREATE INDEX access_person ON access (person, at);
CREATE INDEX access_dossier ON access (dossier);
CREATE TRIGGER access_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON access EXECUTE FUNCTION access_kept();
