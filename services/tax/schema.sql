-- The tax agency's records. Lives in schema tax (the program sets the search path). Amounts are whole dong.

CREATE TABLE taxpayer (
    number          text PRIMARY KEY,               -- tax number, personal number or old card number: what the slip gives
    full_name       text NOT NULL,
    kind            smallint NOT NULL CHECK (kind IN (1, 2)),
    first_seen      timestamptz NOT NULL
);

CREATE TABLE counter (                              -- numbers without gaps: raised in the transaction that uses them
    name            text PRIMARY KEY,
    value           bigint NOT NULL
);

CREATE TABLE assessment (                           -- one for each slip; a later one of the same dossier takes its place
    step            uuid PRIMARY KEY,
    dossier         uuid NOT NULL,
    at              timestamptz NOT NULL,
    slip            text NOT NULL,
    value           numeric(20, 2),                 -- null: the slip was rejected
    rule_pack       text NOT NULL,
    rejection       text NOT NULL DEFAULT '',       -- why
    replaced_at     timestamptz
);
CREATE UNIQUE INDEX assessment_present ON assessment (dossier) WHERE replaced_at IS NULL;

CREATE TABLE notice (
    number          text PRIMARY KEY,
    assessment      uuid NOT NULL REFERENCES assessment,
    position        smallint NOT NULL,
    kind            text NOT NULL,
    amount          bigint NOT NULL CHECK (amount > 0),
    due_date        date NOT NULL,
    payer           text NOT NULL REFERENCES taxpayer,
    basis           text NOT NULL,
    remark          text NOT NULL DEFAULT '',       -- why a claim of exemption was not granted
    paid            bigint NOT NULL DEFAULT 0,
    transactions    text NOT NULL DEFAULT '',       -- of the payment service, separated by spaces
    settled_at      timestamptz,
    CHECK (settled_at IS NULL OR paid >= amount)
);
CREATE INDEX notice_assessment ON notice (assessment);

CREATE TABLE receipt (                              -- every proof of payment, once
    reference       text NOT NULL,
    notice          text NOT NULL REFERENCES notice,
    amount          bigint NOT NULL CHECK (amount > 0),
    transactions    text NOT NULL,
    paid_at         text NOT NULL,
    arrived_at      timestamptz NOT NULL,
    PRIMARY KEY (notice, reference)
);

CREATE TABLE exemption (
    assessment      uuid NOT NULL REFERENCES assessment,
    kind            text NOT NULL,
    claim           text NOT NULL,
    source          text NOT NULL,
    PRIMARY KEY (assessment, kind)
);

CREATE TABLE chase (                                -- we were late, and were told so
    message         uuid PRIMARY KEY,
    dossier         uuid NOT NULL,
    type            text NOT NULL,
    at              timestamptz NOT NULL
);

CREATE TABLE rule (                                 -- effective-dated; common/adapter/rules.h
    rule            text NOT NULL,
    valid_from      date NOT NULL,
    valid_until     date CHECK (valid_until >= valid_from),     -- last day; null: until further notice
    value           text NOT NULL,
    source          text NOT NULL,
    PRIMARY KEY (rule, valid_from)
);

CREATE FUNCTION rule_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM tax.rule r WHERE r.rule = NEW.rule AND r.valid_from <> NEW.valid_from
               AND daterange(r.valid_from, r.valid_until, '[]') && daterange(NEW.valid_from, NEW.valid_until, '[]')) THEN
        RAISE EXCEPTION 'rule % would have two values on one day', NEW.rule USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_apart BEFORE INSERT OR UPDATE ON rule FOR EACH ROW EXECUTE FUNCTION rule_apart();
