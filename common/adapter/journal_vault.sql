-- From here on envelopes are sealed by the agency's vault, and one mark tells whether a program has the right keys.
DO $$
BEGIN
    IF EXISTS (SELECT FROM lienthong.inbox WHERE envelope IS NOT NULL) OR EXISTS (SELECT FROM lienthong.outbox) THEN
        RAISE EXCEPTION 'the journal holds messages from before they were sealed: finish the dossiers under way with the version '
            'before this one, set journal.keep_days low until inbox and outbox are thinned, or begin with an empty database';
    END IF;
END $$;
CREATE TABLE lienthong.vault (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    mark        bytea NOT NULL,             -- sealed
    index       bytea NOT NULL              -- of the mark
);
