-- One event may let several tokens, or scopes, stand at one node, as instances of one task do. 0: the whole dossier, an incident of
-- the router's own, or one of before this version.
ALTER TABLE incident ADD COLUMN place integer NOT NULL DEFAULT 0;
ALTER TABLE incident DROP CONSTRAINT incident_pkey;
ALTER TABLE incident ADD PRIMARY KEY (shard, dossier, sequence, node, place);
