-- The land registry's records, in the terms of ISO 19152 (LADM). Lives in schema land (the program sets the search path).
-- Whoever changes a unit's right or its restrictions first locks its row in ba_unit: that lock is the one order of events.

CREATE TABLE party (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            smallint NOT NULL CHECK (kind IN (1, 2)),       -- 1 person, 2 organisation
    full_name       text NOT NULL,
    personal_number text UNIQUE CHECK (personal_number ~ '^[0-9]{12}$'),
    old_card_number text UNIQUE CHECK (old_card_number ~ '^[0-9]{9}$'),
    tax_number      text UNIQUE,
    address         text NOT NULL DEFAULT '',
    demonstration   boolean NOT NULL DEFAULT false,
    CHECK (num_nonnulls(personal_number, old_card_number, tax_number) > 0)
);

CREATE TABLE spatial_unit (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district        text NOT NULL,
    sheet           text NOT NULL,
    parcel          text NOT NULL,
    area            numeric(12, 2) NOT NULL CHECK (area > 0),       -- m²
    land_use        text NOT NULL,
    location        text NOT NULL,
    demonstration   boolean NOT NULL DEFAULT false,
    UNIQUE (district, sheet, parcel)
);

CREATE TABLE ba_unit (                                              -- basic administrative unit: what a right is about
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    spatial_unit    bigint NOT NULL UNIQUE REFERENCES spatial_unit
);

CREATE TABLE rrr (                                                  -- right (restrictions have their own table)
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ba_unit         bigint NOT NULL REFERENCES ba_unit,
    party           bigint NOT NULL REFERENCES party,
    kind            text NOT NULL CHECK (kind IN ('land-use')),
    term_until      date,                                           -- null: without term
    levy_owed       bigint CHECK (levy_owed > 0),                   -- land-use levy, dong, as noted on the certificate; null: none
    begins_at       timestamptz NOT NULL,
    ended_at        timestamptz
);
CREATE UNIQUE INDEX rrr_present ON rrr (ba_unit) WHERE ended_at IS NULL;

CREATE TABLE certificate (
    serial          text PRIMARY KEY,
    rrr             bigint NOT NULL UNIQUE REFERENCES rrr,
    issued_at       timestamptz NOT NULL,
    invalidated_at  timestamptz,
    replaced_by     text REFERENCES certificate DEFERRABLE INITIALLY DEFERRED,
    CHECK ((invalidated_at IS NULL) = (replaced_by IS NULL))
);

CREATE TABLE restriction (                                          -- a block on the unit
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ba_unit         bigint NOT NULL REFERENCES ba_unit,
    kind            text NOT NULL CHECK (kind IN ('seizure', 'enforcement', 'dispute', 'mortgage')),
    source          text NOT NULL CHECK (length(source) BETWEEN 1 AND 200),     -- who ordered it
    number          text NOT NULL CHECK (length(number) BETWEEN 1 AND 100),     -- of the order
    arrived_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    released_at     timestamptz,
    UNIQUE (ba_unit, kind, source, number)                          -- the same order twice is one block
);
CREATE INDEX restriction_present ON restriction (ba_unit) WHERE released_at IS NULL;

CREATE TABLE counter (                                              -- numbers without gaps: raised in the transaction that uses them
    name            text PRIMARY KEY,
    value           bigint NOT NULL
);

CREATE TABLE examination (                                          -- what was found, and answered, for each step
    step            uuid PRIMARY KEY,
    dossier         uuid NOT NULL,
    at              timestamptz NOT NULL,
    operation       text NOT NULL,
    certificate     text NOT NULL,
    result          text NOT NULL,
    grounds         text NOT NULL                                   -- one on each line
);
CREATE INDEX examination_dossier ON examination (dossier);

CREATE TABLE waiting (                                              -- dossiers that a release sets going again
    dossier         uuid PRIMARY KEY,
    procedure       text NOT NULL,
    ba_unit         bigint NOT NULL REFERENCES ba_unit,
    cause           text NOT NULL CHECK (cause IN ('stop', 'blocked')),
    since           timestamptz NOT NULL
);
CREATE INDEX waiting_unit ON waiting (ba_unit);

CREATE TABLE slip (                                                 -- to tax; a rejected one is followed by another
    number          text PRIMARY KEY,
    dossier         uuid NOT NULL,
    step            uuid NOT NULL UNIQUE,
    at              timestamptz NOT NULL,
    rejection       text NOT NULL DEFAULT ''                        -- why tax rejected it
);
CREATE INDEX slip_dossier ON slip (dossier);

CREATE TABLE entry (                                                -- the register proper; append-only
    number          text PRIMARY KEY,
    ba_unit         bigint NOT NULL REFERENCES ba_unit,
    dossier         uuid NOT NULL UNIQUE,                           -- a dossier is written once
    step            uuid NOT NULL UNIQUE,
    at              timestamptz NOT NULL,
    old_right       bigint NOT NULL REFERENCES rrr,
    new_right       bigint NOT NULL REFERENCES rrr,
    old_serial      text NOT NULL,
    new_serial      text NOT NULL UNIQUE
);

CREATE TABLE rule (                                                 -- effective-dated; common/adapter/rules.h
    rule            text NOT NULL,
    valid_from      date NOT NULL,
    valid_until     date CHECK (valid_until >= valid_from),         -- last day; null: until further notice
    value           text NOT NULL,
    source          text NOT NULL,
    PRIMARY KEY (rule, valid_from)
);

CREATE FUNCTION rule_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM land.rule r WHERE r.rule = NEW.rule AND r.valid_from <> NEW.valid_from
               AND daterange(r.valid_from, r.valid_until, '[]') && daterange(NEW.valid_from, NEW.valid_until, '[]')) THEN
        RAISE EXCEPTION 'rule % would have two values on one day', NEW.rule USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_apart BEFORE INSERT OR UPDATE ON rule FOR EACH ROW EXECUTE FUNCTION rule_apart();
