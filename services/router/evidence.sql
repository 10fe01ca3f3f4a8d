-- Which block an event is in, and which events a block has, is asked by batch when a dossier's evidence is exported. Ids of batches
-- grow with time, so that an index of ranges costs next to nothing to keep.
CREATE INDEX event_batch ON event USING brin (batch) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX block_batch ON block USING brin (batch) WITH (pages_per_range = 16, autosummarize = on);
