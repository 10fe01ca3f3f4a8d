-- Entries of mortgages: the restriction is what stands against a disposal, the entry says who asked for it and when.
CREATE TABLE mortgage_entry (
    number          text PRIMARY KEY,
    restriction     bigint NOT NULL UNIQUE REFERENCES restriction,
    dossier         uuid NOT NULL UNIQUE,                           -- a dossier is written once
    step            uuid NOT NULL UNIQUE,
    at              timestamptz NOT NULL,
    serial          text NOT NULL REFERENCES certificate
);
CREATE TABLE forgery (                                              -- documents known as forged, by their SHA-256
    digest          text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    source          text NOT NULL CHECK (length(source) BETWEEN 1 AND 200)
);
INSERT INTO rule (rule, valid_from, valid_until, value, source) VALUES
    ('mortgage.wrong-authority', '2023-01-15', NULL, 'refuse', 'Decree 99/2022/ND-CP, article 15'),
    ('mortgage.invalid-file',    '2023-01-15', NULL, 'refuse', 'Decree 99/2022/ND-CP, article 15'),
    ('mortgage.data-differ',     '2023-01-15', NULL, 'refuse', 'Decree 99/2022/ND-CP, article 15'),
    ('mortgage.forged',          '2023-01-15', NULL, 'refuse', 'Decree 99/2022/ND-CP, article 15'),
    ('mortgage.enforcement',     '2023-01-15', NULL, 'refuse', 'Decree 99/2022/ND-CP, article 15');
