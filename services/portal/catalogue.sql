-- Names of the further procedures that are shipped (deploy/workflows).
INSERT INTO catalogue (procedure, valid_from, name, field, field_name) VALUES
    ('1.012783', '2020-01-01', 'Đổi Giấy chứng nhận quyền sử dụng đất', 'LAND', 'Đất đai'),
    ('1.011441', '2020-01-01', 'Đăng ký biện pháp bảo đảm bằng quyền sử dụng đất', 'SECURED', 'Đăng ký biện pháp bảo đảm'),
    ('1.004223', '2020-01-01', 'Cấp giấy phép khai thác nước dưới đất', 'WATER', 'Tài nguyên nước');
