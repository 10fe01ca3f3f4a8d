-- When no line was up: FROM, UNTIL, FROM, UNTIL, … in microseconds since 1970, in order; NULL: never. A sum would count otherwise over a
-- night or a holiday. What had been summed so far lies right before now, or before the outage that is under way.
ALTER TABLE outbox ADD COLUMN away bigint[];
UPDATE outbox SET away = ARRAY[(extract(epoch FROM coalesce(away_since, now())) * 1000000)::bigint - away_us,
  (extract(epoch FROM coalesce(away_since, now())) * 1000000)::bigint]
 WHERE away_us > 0 AND state IN ('waiting', 'dead');
ALTER TABLE outbox DROP COLUMN away_us;
