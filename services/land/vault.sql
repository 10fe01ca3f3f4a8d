-- Who the parties are is sealed by the agency's vault; they are found by blind indexes of their numbers.
DO $$
BEGIN
    IF EXISTS (SELECT FROM land.party) OR EXISTS (SELECT FROM land.restriction) OR EXISTS (SELECT FROM land.slip) THEN
        RAISE EXCEPTION 'parties stand here from before personal data was sealed: load the register into an empty database';
    END IF;
END $$;
ALTER TABLE party DROP COLUMN personal_number, DROP COLUMN old_card_number, DROP COLUMN tax_number, DROP COLUMN full_name,
    DROP COLUMN address;
ALTER TABLE party
    ADD owner           uuid NOT NULL UNIQUE,   -- of what is sealed here
    ADD full_name       bytea NOT NULL,
    ADD personal_number bytea,
    ADD old_card_number bytea,
    ADD tax_number      bytea,
    ADD address         bytea NOT NULL,
    ADD personal_index  bytea UNIQUE CHECK (length(personal_index) = 32),
    ADD card_index      bytea UNIQUE CHECK (length(card_index) = 32),
    ADD tax_index       bytea UNIQUE CHECK (length(tax_index) = 32),
    ADD CHECK (num_nonnulls(personal_index, card_index, tax_index) > 0),
    ADD CHECK ((personal_index IS NULL) = (personal_number IS NULL) AND (card_index IS NULL) = (old_card_number IS NULL)
        AND (tax_index IS NULL) = (tax_number IS NULL));
-- A creditor or a plaintiff may be a person.
ALTER TABLE restriction DROP CONSTRAINT restriction_ba_unit_kind_source_number_key, DROP COLUMN source, DROP COLUMN number;
ALTER TABLE restriction ADD source bytea NOT NULL, ADD number bytea NOT NULL,   -- who ordered it; of the order
    ADD owner uuid NOT NULL UNIQUE,                                             -- of what is sealed here
    ADD order_index bytea NOT NULL CHECK (length(order_index) = 32),            -- of source and number
    ADD UNIQUE (ba_unit, kind, order_index);                                    -- the same order twice is one block
ALTER TABLE examination ALTER grounds TYPE bytea USING NULL;
ALTER TABLE slip ALTER rejection DROP DEFAULT, ALTER rejection DROP NOT NULL, ALTER rejection TYPE bytea USING NULL;
