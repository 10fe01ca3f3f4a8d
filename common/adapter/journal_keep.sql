-- What is finished is thinned after journal.keep_days: an outbox row goes, an inbox row keeps its id and digest and loses its bytes.
-- Ids and digests stay for ever (inbox, step, submission), so that whatever comes again is still known.
ALTER TABLE lienthong.inbox ALTER envelope DROP NOT NULL; -- null: no longer kept
CREATE INDEX inbox_kept ON lienthong.inbox (arrived) WHERE state <> 0 AND envelope IS NOT NULL;
