-- A delivery with a sealed part that its agency cannot open waits until the part's author has sealed it to that agency (attempt_reseal.c).
-- NULL: nothing is missing; else which parts, and of whom. Meanwhile next_at is the deadline, after which it is an incident.
ALTER TABLE outbox ADD COLUMN unsealed text;
