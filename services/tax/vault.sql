-- Taxpayers' names and numbers, and what citizens claim, are sealed by the agency's vault; numbers are found by their blind index.
DO $$
BEGIN
    IF EXISTS (SELECT FROM tax.taxpayer) OR EXISTS (SELECT FROM tax.assessment) THEN
        RAISE EXCEPTION 'assessments stand here from before personal data was sealed: begin with an empty database';
    END IF;
END $$;
ALTER TABLE notice DROP COLUMN payer;
DROP TABLE taxpayer;
CREATE TABLE taxpayer (
    number_index    bytea PRIMARY KEY CHECK (length(number_index) = 32),    -- of the number; owner of what is sealed here
    number          bytea NOT NULL,     -- tax number, personal number or old card number: what the slip gives
    full_name       bytea NOT NULL,
    kind            smallint NOT NULL CHECK (kind IN (1, 2)),
    first_seen      timestamptz NOT NULL
);
ALTER TABLE notice ADD payer bytea NOT NULL REFERENCES taxpayer;
ALTER TABLE notice ALTER remark DROP DEFAULT, ALTER remark TYPE bytea USING NULL;
ALTER TABLE assessment ADD rejected boolean NOT NULL DEFAULT false;
ALTER TABLE assessment ALTER rejection DROP DEFAULT, ALTER rejection DROP NOT NULL, ALTER rejection TYPE bytea USING NULL;
ALTER TABLE exemption ALTER claim TYPE bytea USING NULL;
