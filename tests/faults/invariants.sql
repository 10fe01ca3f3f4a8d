-- Design invariants 1 to 5 as one query that returns no row when all is well: invariant, dossier, what. Run it after every
-- integration and fault test, when no batch is under way. Event kinds are those of common/workflow/engine.h (0 open, 1 receipt,
-- 2 answer, 3 cancelled, 4 message, 5 timer, 6 undeliverable), message kinds those of envelope.proto (2 task).
WITH
move (status, next) AS (VALUES              -- domain.md section 4
    (0, 1), (1, 2), (1, 3), (1, 5), (1, 7), (2, 4), (2, 5), (2, 7), (2, 8), (4, 5), (4, 6), (4, 7), (4, 8), (4, 9),
    (5, 1), (5, 2), (5, 4), (5, 7), (5, 8), (6, 4), (6, 7), (6, 8), (7, 9), (8, 4), (8, 9), (9, 10)),
chain AS (
    SELECT shard, dossier, sequence, kind, status, previous, digest,
           lag(sequence, 1, 0::bigint) OVER w AS sequence_before, lag(status, 1, 0::smallint) OVER w AS status_before,
           lag(digest, 1, decode(repeat('00', 32), 'hex')) OVER w AS digest_before
    FROM event WINDOW w AS (PARTITION BY shard, dossier ORDER BY sequence)),
blocks AS (
    SELECT chain, height, batch, events, previous,
           lag(height, 1, 0::bigint) OVER w AS height_before,
           lag(digest, 1, decode(repeat('00', 32), 'hex')) OVER w AS digest_before
    FROM block WINDOW w AS (PARTITION BY chain ORDER BY height))

-- 1. No acknowledged message is lost; no effect happens twice.
SELECT '1'::text AS invariant, m.dossier::text AS dossier, 'acknowledged message ' || m.message_id || ' has no event' AS what
FROM message m WHERE m.code = 0 AND m.text = '' AND NOT EXISTS (
    SELECT FROM event e WHERE e.shard = m.shard AND e.dossier = m.dossier AND e.agency = m.agency
    AND e.message_id = m.message_id)
UNION ALL
SELECT '1', e.dossier::text, 'event ' || e.sequence || ' came by a message that is not remembered as accepted'
FROM event e WHERE e.message_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM message m WHERE m.shard = e.shard AND m.dossier = e.dossier AND m.agency = e.agency
    AND m.message_id = e.message_id AND m.code = 0)
UNION ALL
SELECT '1', dossier::text, 'message ' || message_id || ' had effect ' || count(*) || ' times'
FROM event WHERE message_id IS NOT NULL GROUP BY shard, dossier, agency, message_id HAVING count(*) > 1
UNION ALL
SELECT '1', dossier::text, 'step ' || step || ' was answered ' || count(*) || ' times'
FROM event WHERE kind = 2 GROUP BY shard, dossier, step HAVING count(*) > 1
UNION ALL
SELECT '1', dossier::text, 'step ' || step || ' was delivered as ' || count(*) || ' tasks'
FROM outbox WHERE kind = 2 GROUP BY shard, dossier, step HAVING count(*) > 1
UNION ALL
SELECT '1', d.id::text, 'the dossier has ' || count(s.dossier) || ' submissions'
FROM dossier d LEFT JOIN submission s ON s.dossier = d.id AND s.agency = coalesce(d.submitter, 0) GROUP BY d.shard, d.id
HAVING count(s.dossier) <> 1
UNION ALL
SELECT '1', s.dossier::text, 'the key ' || s.key || ' names a dossier that is not there'
FROM submission s WHERE NOT EXISTS (SELECT FROM dossier d WHERE d.id = s.dossier)
UNION ALL
SELECT '1', p.dossier::text, 'part ' || p.name || ' came with event ' || p.sequence || ', which has no envelope'
FROM part p WHERE NOT EXISTS (
    SELECT FROM event e WHERE e.shard = p.shard AND e.dossier = p.dossier AND e.sequence = p.sequence
    AND e.envelope IS NOT NULL)

-- 2. No step is answered that was not delivered to that agency before.
UNION ALL
SELECT '2', e.dossier::text, 'event ' || e.sequence || ' answers step ' || e.step || ', which was not delivered to agency ' || e.agency
FROM event e WHERE e.kind IN (1, 2, 3) AND NOT EXISTS (
    SELECT FROM outbox o WHERE o.shard = e.shard AND o.dossier = e.dossier AND o.step = e.step AND o.agency = e.agency
    AND o.kind = 2 AND o.sequence < e.sequence)
UNION ALL
SELECT '2', e.dossier::text, 'step ' || e.step || ' is answered, but its delivery still waits'
FROM event e JOIN outbox o ON o.shard = e.shard AND o.dossier = e.dossier AND o.step = e.step AND o.kind = 2
WHERE e.kind = 2 AND o.state = 'waiting'

-- 3. Ended, or an open step, an armed timer, an incident. In status 5 and 8 a dossier may wait for a message of its own.
UNION ALL
SELECT '3', d.id::text, 'the dossier is stuck in status ' || d.status
FROM dossier d WHERE d.ended_at IS NULL AND d.open_steps = 0 AND d.incidents = 0 AND d.status NOT IN (5, 8)
AND NOT EXISTS (SELECT FROM timer t WHERE t.shard = d.shard AND t.dossier = d.id)
AND NOT EXISTS (SELECT FROM incident i WHERE i.shard = d.shard AND i.dossier = d.id AND i.closed_at IS NULL)
UNION ALL
SELECT '3', o.dossier::text, 'the dead delivery of step ' || o.step || ' opened no incident'
FROM outbox o JOIN dossier d ON d.shard = o.shard AND d.id = o.dossier
WHERE o.kind = 2 AND o.state = 'dead' AND d.ended_at IS NULL AND NOT EXISTS (
    SELECT FROM incident i WHERE i.shard = o.shard AND i.dossier = o.dossier AND i.step = o.step)
AND NOT EXISTS (
    SELECT FROM event e WHERE e.shard = o.shard AND e.dossier = o.dossier AND e.step = o.step AND e.kind IN (2, 3))
UNION ALL
SELECT '3', o.dossier::text, 'the dead notice ' || o.type || ' to agency ' || o.agency || ' opened no incident'
FROM outbox o WHERE o.kind = 3 AND o.state = 'dead' AND NOT EXISTS (
    SELECT FROM incident i WHERE i.shard = o.shard AND i.dossier = o.dossier AND i.sequence = 0
    AND i.node = 'delivery ' || o.type || ', agency ' || o.agency)
UNION ALL
SELECT '3', t.dossier::text, 'timer ' || t.timer || ' is armed, but the dossier has ended'
FROM timer t JOIN dossier d ON d.shard = t.shard AND d.id = t.dossier WHERE d.ended_at IS NOT NULL
UNION ALL
SELECT '3', d.id::text, 'the dossier says ' || d.incidents || ' incidents; open ones in the table: ' || count(i.node)
FROM dossier d LEFT JOIN incident i ON i.shard = d.shard AND i.dossier = d.id AND i.closed_at IS NULL AND i.sequence > 0
GROUP BY d.shard, d.id, d.incidents HAVING (d.incidents = 0) <> (count(i.node) = 0)

-- 4. Status codes move by the table; one event may make two moves (2 and 4; 8 and 9), an opening three (1, 2 and 4). At most one supplement. The register is
--    written only when all notices are settled.
UNION ALL
SELECT '4', c.dossier::text, 'event ' || c.sequence || ' moved the status from ' || c.status_before || ' to ' || c.status
FROM chain c WHERE c.status <> c.status_before
AND NOT EXISTS (SELECT FROM move m WHERE m.status = c.status_before AND m.next = c.status)
AND NOT EXISTS (SELECT FROM move a JOIN move b ON b.status = a.next WHERE a.status = c.status_before AND b.next = c.status)
AND NOT (c.status_before = 0 AND c.status = 4)
UNION ALL
SELECT '4', c.dossier::text, 'a supplement was requested ' || count(*) || ' times'
FROM chain c WHERE c.status = 5 AND c.status_before <> 5 GROUP BY c.shard, c.dossier HAVING count(*) > 1
UNION ALL
SELECT '4', e.dossier::text, 'the register was written by event ' || e.sequence || ' before the tax obligation was confirmed'
FROM event e WHERE e.kind = 2 AND e.type = 'land.register.write' AND e.detail = '' AND NOT EXISTS (
    SELECT FROM event t WHERE t.shard = e.shard AND t.dossier = e.dossier AND t.sequence < e.sequence AND t.kind = 2
    AND t.type = 'tax.obligation.confirm' AND t.detail = '')

-- 5. The record is whole: events and blocks are chained without gaps, and each event stands in a block.
UNION ALL
SELECT '5', c.dossier::text, 'event ' || c.sequence || ' does not follow on event ' || c.sequence_before
FROM chain c WHERE c.sequence <> c.sequence_before + 1 OR c.previous <> c.digest_before
UNION ALL
SELECT '5', d.id::text, 'the dossier''s last event is not ' || d.sequence
FROM dossier d WHERE NOT EXISTS (
    SELECT FROM event e WHERE e.shard = d.shard AND e.dossier = d.id AND e.sequence = d.sequence AND e.digest = d.last_digest)
OR EXISTS (SELECT FROM event e WHERE e.shard = d.shard AND e.dossier = d.id AND e.sequence > d.sequence)
UNION ALL
SELECT '5', e.dossier::text, 'event ' || e.sequence || ' belongs to no dossier'
FROM event e WHERE e.dossier <> '00000000-0000-8000-8000-000000000001'
AND NOT EXISTS (SELECT FROM dossier d WHERE d.shard = e.shard AND d.id = e.dossier)
UNION ALL
SELECT '5', '', 'the directory''s last event is not ' || v.sequence
FROM directory_version v WHERE v.sequence > 0 AND NOT EXISTS (
    SELECT FROM event e WHERE e.dossier = '00000000-0000-8000-8000-000000000001' AND e.sequence = v.sequence AND e.digest = v.last_digest)
UNION ALL
SELECT '5', '', 'right ' || r.id || ' is by event ' || r.event || ' of the directory, which is no act on rights'
FROM rights r WHERE r.event IS NOT NULL AND NOT EXISTS (SELECT FROM event e WHERE e.dossier = '00000000-0000-8000-8000-000000000001'
    AND e.sequence = r.event AND e.type = CASE WHEN r.granted THEN 'rights.grant' ELSE 'rights.revoke' END)
UNION ALL
SELECT '5', '', 'chain ' || b.chain || ': block ' || b.height || ' does not follow on block ' || b.height_before
FROM blocks b WHERE b.height <> b.height_before + 1 OR b.previous <> b.digest_before
UNION ALL
SELECT '5', '', 'chain ' || b.chain || ': block ' || b.height || ' says ' || b.events || ' events; there are ' || count(e.sequence)
FROM blocks b LEFT JOIN event e ON e.batch = b.batch GROUP BY b.chain, b.height, b.events HAVING b.events <> count(e.sequence)
UNION ALL
SELECT '5', e.dossier::text, 'event ' || e.sequence || ' stands in no block'
FROM event e WHERE NOT EXISTS (SELECT FROM block b WHERE b.batch = e.batch)
ORDER BY 1, 2, 3
