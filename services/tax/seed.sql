-- Rates and exemptions on a transfer of land-use right, by the day on which the dossier was received.
-- rate.<kind>: of the contract's value. limit.<kind>: the most, in dong. collect.land-use-levy: yes. exempt.<kind>.<claim>: what it needs (claim.h). due.days: from the notice.
-- Document types are those of intake's applications; which documents prove a relation: Circular 111/2013/TT-BTC, article 3(1).
INSERT INTO rule (rule, valid_from, valid_until, value, source) VALUES
    ('rate.personal-income-tax', '2015-01-01', NULL, '0.02', 'Law 71/2014/QH13, article 2(6): 2 % of the transfer price'),
    ('rate.registration-fee', '2017-01-01', '2022-02-28', '0.005', 'Decree 140/2016/ND-CP, article 7(1)'),
    ('rate.registration-fee', '2022-03-01', NULL,         '0.005', 'Decree 10/2022/ND-CP, article 8(1)'),
    ('limit.registration-fee', '2017-01-01', '2022-02-28', '500000000', 'Decree 140/2016/ND-CP, article 7'),
    ('limit.registration-fee', '2022-03-01', NULL,         '500000000', 'Decree 10/2022/ND-CP, article 8'),
    ('collect.land-use-levy', '2014-07-01', '2024-07-31', 'yes', 'Decree 45/2014/ND-CP, article 16: owed amounts are paid before a transfer'),
    ('collect.land-use-levy', '2024-08-01', NULL,         'yes', 'Decree 103/2024/ND-CP, article 22'),
    ('due.days', '2015-01-01', '2020-12-04', '30', 'Circular 156/2013/TT-BTC'),
    ('due.days', '2020-12-05', NULL,         '30', 'Decree 126/2020/ND-CP, article 18'),
    ('exempt.personal-income-tax.spouses',                  '2009-01-01', NULL, 'persons document:marriage-certificate', 'Law 04/2007/QH12, article 4(1)'),
    ('exempt.personal-income-tax.parents-children',         '2009-01-01', NULL, 'persons document:birth-certificate,adoption-decision', 'Law 04/2007/QH12, article 4(1)'),
    ('exempt.personal-income-tax.parents-in-law',           '2009-01-01', NULL, 'persons document:marriage-certificate document:birth-certificate', 'Law 04/2007/QH12, article 4(1)'),
    ('exempt.personal-income-tax.grandparents-grandchildren', '2009-01-01', NULL, 'persons document:birth-certificate,household-record', 'Law 04/2007/QH12, article 4(1)'),
    ('exempt.personal-income-tax.siblings',                 '2009-01-01', NULL, 'persons document:birth-certificate,household-record', 'Law 04/2007/QH12, article 4(1)'),
    ('exempt.personal-income-tax.only-home',                '2009-01-01', NULL, 'document:only-home-declaration use:ODT,ONT', 'Law 04/2007/QH12, article 4(2)'),
    ('exempt.personal-income-tax.family-gift',              '2009-01-01', NULL, 'persons document:gift-contract document:marriage-certificate,birth-certificate,adoption-decision,household-record', 'Law 04/2007/QH12, article 4(4)'),
    ('exempt.registration-fee.family-gift',                 '2017-01-01', '2022-02-28', 'persons document:gift-contract document:marriage-certificate,birth-certificate,adoption-decision,household-record', 'Decree 140/2016/ND-CP, article 9(10)'),
    ('exempt.registration-fee.family-gift',                 '2022-03-01', NULL, 'persons document:gift-contract document:marriage-certificate,birth-certificate,adoption-decision,household-record', 'Decree 10/2022/ND-CP, article 10(10)');
