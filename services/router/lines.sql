-- Since when no line to the agency has been up for a step that waits for it, and for how long before that: the time is charged
-- to nobody. A delivery that goes out at once has neither.
ALTER TABLE outbox ADD COLUMN away_since timestamptz;
ALTER TABLE outbox ADD COLUMN away_us bigint NOT NULL DEFAULT 0;
CREATE INDEX outbox_away ON outbox (agency) WHERE state = 'waiting' AND away_since IS NOT NULL;
