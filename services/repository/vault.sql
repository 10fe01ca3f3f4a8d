-- Whose a document is stands here as a blind index: nobody needs to read it, only to find by it.
DO $$
BEGIN
    IF EXISTS (SELECT FROM repository.holding) THEN
        RAISE EXCEPTION 'holdings stand here from before personal data was sealed: begin with an empty database';
    END IF;
END $$;
ALTER TABLE holding DROP CONSTRAINT holding_holder_check, ALTER holder TYPE bytea USING NULL;
ALTER TABLE holding ADD CHECK (length(holder) = 32);
