-- What was applied for, answered, asked and told is sealed by the agency's vault. Owner: the dossier; of a notice, its message.
DO $$
BEGIN
    IF EXISTS (SELECT FROM intake.application) OR EXISTS (SELECT FROM intake.task) THEN
        RAISE EXCEPTION 'dossiers stand here from before personal data was sealed: begin with an empty database';
    END IF;
END $$;
ALTER TABLE application ALTER detail DROP DEFAULT, ALTER detail DROP NOT NULL, ALTER detail TYPE bytea USING NULL;
ALTER TABLE progress ALTER detail DROP NOT NULL, ALTER detail TYPE bytea USING NULL;
ALTER TABLE task ALTER view TYPE bytea USING NULL;
ALTER TABLE notice ALTER text TYPE bytea USING NULL;
ALTER TABLE survey ALTER text DROP DEFAULT, ALTER text DROP NOT NULL, ALTER text TYPE bytea USING NULL;
