-- Rules on the conditions of a transfer. condition.<finding>: what the examination answers; area.tolerance: parts of a thousand.
-- A supplement that may not be asked for any more becomes a refusal (once only).
INSERT INTO rule (rule, valid_from, valid_until, value, source) VALUES
    ('condition.certificate', '2014-07-01', '2024-07-31', 'supplement', 'Land Law 45/2013/QH13, article 188(1)(a)'),
    ('condition.dispute',     '2014-07-01', '2024-07-31', 'stop',       'Land Law 45/2013/QH13, article 188(1)(b)'),
    ('condition.seizure',     '2014-07-01', '2024-07-31', 'refuse',     'Land Law 45/2013/QH13, article 188(1)(c)'),
    ('condition.enforcement', '2014-07-01', '2024-07-31', 'refuse',     'Land Law 45/2013/QH13, article 188(1)(c)'),
    ('condition.term',        '2014-07-01', '2024-07-31', 'refuse',     'Land Law 45/2013/QH13, article 188(1)(d)'),
    ('condition.certificate', '2024-08-01', NULL, 'supplement', 'Land Law 31/2024/QH15, article 45(1)(a)'),
    ('condition.dispute',     '2024-08-01', NULL, 'stop',       'Land Law 31/2024/QH15, article 45(1)(b)'),
    ('condition.seizure',     '2024-08-01', NULL, 'refuse',     'Land Law 31/2024/QH15, article 45(1)(c)'),
    ('condition.enforcement', '2024-08-01', NULL, 'refuse',     'Land Law 31/2024/QH15, article 45(1)(c)'),
    ('condition.term',        '2024-08-01', NULL, 'refuse',     'Land Law 31/2024/QH15, article 45(1)(d)'),
    ('condition.holder',      '2014-07-01', NULL, 'refuse',     'only the holder may dispose of the right'),
    ('condition.transferee',  '2014-07-01', NULL, 'supplement', 'the register must know to whom the right passes'),
    ('condition.mortgage',    '2017-01-01', NULL, 'supplement', 'Civil Code 91/2015/QH13, article 321: the creditor''s consent'),
    ('condition.area',        '2014-07-01', NULL, 'supplement', 'the application must agree with the register'),
    ('area.tolerance',        '2014-07-01', '2024-07-31', '10', 'demonstration value: 1 %'),
    ('area.tolerance',        '2024-08-01', NULL, '5',          'demonstration value: 0.5 %');
INSERT INTO counter (name, value) VALUES ('certificate', 0);
