-- Who gets an item, where, who signed for it and why it failed are sealed by the agency's vault.
DO $$
BEGIN
    IF EXISTS (SELECT FROM postal.item) THEN
        RAISE EXCEPTION 'items stand here from before personal data was sealed: begin with an empty database';
    END IF;
END $$;
ALTER TABLE item ALTER name TYPE bytea USING NULL, ALTER address TYPE bytea USING NULL, ALTER telephone TYPE bytea USING NULL;
ALTER TABLE tracking ALTER place TYPE bytea USING NULL, ALTER reason TYPE bytea USING NULL, ALTER signer TYPE bytea USING NULL;
