#include "unit.h"

#include "agency/home_fixture.h"
#include "body.h"
#include "lienthong/v1/repository.pb-c.h"
#include "schema.sql.h"
#include "vault.sql.h"

#include <string.h>

static struct database *db;
static uint8_t packed[500], result[500];
static struct body whole;
static const struct instant NOW = {INSTANT_DAY_US * 20600};

static int start(void **state)
{
    (void)state;
    db = home_fixture_start_sealed("portal", schema_sql, vault_sql);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    home_fixture_stop();
    return 0;
}

static struct instant at(const char *text)
{
    struct instant instant = {0};
    struct fault f = {0};
    home_fixture_good(instant_parse(text, &instant, &f), &f);
    return instant;
}

static void make_whole(unsigned kind, unsigned channel)
{
    static char *documents[] = {(char *)"Hợp đồng chuyển nhượng", (char *)"Tờ khai"};
    Lienthong__V1__PortalRecord r = LIENTHONG__V1__PORTAL_RECORD__INIT;
    Lienthong__V1__StoredResult s = LIENTHONG__V1__STORED_RESULT__INIT;
    r.dossier_code = (char *)"000.00.00.H58-260601-0001";
    r.procedure = (char *)"1.013831";
    r.applicant_name = (char *)"Trần Thị Lan";
    r.applicant_kind = kind;
    r.applicant_number = (char *)"999151000001";
    r.email = (char *)"person1@example.org";
    r.telephone = (char *)"0999000001";
    r.subject = (char *)"certificate DM 00000001";
    r.received_us = at("2026-05-31T17:30:05Z").us; /* the next day there */
    r.channel = channel;
    r.documents = documents;
    r.n_documents = 2;
    s.digest = (char *)"ab";
    s.kind = (char *)"certificate";
    s.number = (char *)"DM 00000002";
    size_t size = lienthong__v1__portal_record__pack(&r, packed);
    size_t result_size = lienthong__v1__stored_result__pack(&s, result);
    whole = (struct body){.code = "000.00.00.H58-260601-0001",
                          .unit = "000.00.00.H58",
                          .detail = "",
                          .status = 10,
                          .at = at("2026-06-10T02:00:00Z"),
                          .due = at("2026-06-09T10:00:00Z"),
                          .ended = at("2026-06-08T16:59:59.9Z"),
                          .particulars = {packed, size},
                          .result = {result, result_size}};
}

/* With the tables as they are now. */
static enum fault_code try_record(const char *peer, const struct body *b, json_t **ret, struct fault *f)
{
    OWNED(names) names = NULL;
    struct fault none = {0};
    home_fixture_good(names_refresh(&names, db, peer, NOW, 0, &none), &none);
    return body_record(names, b, ret, f);
}

static json_t *make(const char *peer, const struct body *b)
{
    struct fault f = {0};
    json_t *json = NULL;
    home_fixture_good(try_record(peer, b, &json, &f), &f);
    return json;
}

static void check(const json_t *json, const char *key, const char *want)
{
    const char *got = json_string_value(json_object_get(json, key));
    if (!got || strcmp(got, want) != 0)
        fail_msg("%s is %s, not %s", key, got ? got : "absent", want);
}

static void the_record_has_the_peers_names(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"MaHoSo", "000.00.00.H58-260601-0001"},
        {"MaTTHC", "1.013831"},
        {"TenTTHC", "Chuyển nhượng quyền sử dụng đất"},
        {"MaLinhVuc", "LAND"},
        {"TenLinhVuc", "Đất đai"},
        {"ChuHoSo", "Trần Thị Lan"},
        {"LoaiDoiTuong", "1"},
        {"MaDoiTuong", "999151000001"},
        {"Email", "person1@example.org"},
        {"SoDienThoai", "0999000001"},
        {"TrichYeuHoSo", "certificate DM 00000001"},
        {"NgayTiepNhan", "20260601003005"},
        {"NgayHenTra", "20260609170000"},
        {"TrangThaiHoSo", "10"},
        {"NgayTra", "20260610090000"},
        {"HinhThuc", "1"},
        {"NgayKetThucXuLy", "20260608235959"},
        {"DonViXuLy", "000.00.00.H58"},
    };
    make_whole(1, 2);
    json_t *json = make("national", &whole);
    for (size_t i = 0; i < LENGTH(rows); i++)
        check(json, rows[i][0], rows[i][1]);
    assert_int_equal(json_array_size(json_object_get(json, "TaiLieuNop")), 2);
    check(json_array_get(json_object_get(json, "TaiLieuNop"), 0), "TenTepDinhKem", "Hợp đồng chuyển nhượng");
    check(json_array_get(json_object_get(json, "DanhSachGiayToKetQua"), 0), "MaGiayToKetQua", "DM 00000002");
    assert_true(json_is_array(json_object_get(json, "DanhSachLePhi")));
    assert_int_equal(json_array_size(json_object_get(json, "DanhSachHoSoBoSung")), 0); /* nothing was asked for */
    assert_int_equal(json_object_size(json), LENGTH(rows) + 4);
    json_decref(json);
}

static void each_peer_has_its_own_codes(void **state)
{
    (void)state;
    static const struct {
        const char *peer;
        unsigned kind, channel;
        const char *applicant, *form;
    } rows[] = {
        {"national", 1, 1, "1", "0"}, {"national", 2, 2, "2", "1"}, {"national", 1, 3, "1", "2"},
        {"ministry", 1, 1, "0", "1"}, {"ministry", 2, 2, "1", "2"}, {"ministry", 1, 3, "0", "3"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        make_whole(rows[i].kind, rows[i].channel);
        json_t *json = make(rows[i].peer, &whole);
        check(json, "LoaiDoiTuong", rows[i].applicant);
        check(json, "HinhThuc", rows[i].form);
        json_decref(json);
    }
    struct fault f = {0};
    json_t *json = NULL;
    make_whole(7, 1);
    assert_int_equal(try_record("national", &whole, &json, &f), FAULT_NOT_FOUND);
    assert_non_null(strstr(f.text, "LoaiDoiTuong"));
    make_whole(1, 1);
    assert_int_equal(try_record("nobody", &whole, &json, &f), FAULT_NOT_FOUND);
    assert_null(json);
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    make_whole(1, 2);
    struct body b = whole;
    b.status = 4;
    b.due = b.ended = (struct instant){0};
    b.particulars = b.result = (struct bytes){NULL, 0};
    json_t *json = make("national", &b);
    check(json, "TrangThaiHoSo", "4");
    check(json, "NgayHenTra", "");
    check(json, "NgayTra", "");
    check(json, "NgayKetThucXuLy", "");
    assert_null(json_object_get(json, "ChuHoSo")); /* an upsert must not overwrite it with nothing */
    assert_int_equal(json_array_size(json_object_get(json, "DanhSachGiayToKetQua")), 0);
    json_decref(json);
}

static void progress_is_local_time(void **state)
{
    (void)state;
    make_whole(1, 2);
    struct body b = whole;
    b.status = 5;
    b.at = at("2026-12-31T17:00:00Z");
    b.detail = "waiting for \"tax\"";
    json_t *json = body_progress(&b);
    check(json, "MaHoSo", "000.00.00.H58-260601-0001");
    check(json, "NguoiXuLy", "000.00.00.H58");
    check(json, "ThoiDiemXuLy", "20270101000000");
    check(json, "NoiDungXuLy", "waiting for \"tax\"");
    check(json, "TrangThai", "5");
    assert_int_equal(json_object_size(json), 5);
    json_decref(json);
}

static void damaged_particulars_are_a_fault(void **state)
{
    (void)state;
    struct fault f = {0};
    json_t *json = NULL;
    make_whole(1, 2);
    whole.particulars = BYTES("\xff\xff\xff", 3);
    assert_int_equal(try_record("national", &whole, &json, &f), FAULT_MALFORMED);
    assert_null(json);
}

/* Read again after a while and on another day; else not. */
static void names_are_kept_for_a_while(void **state)
{
    static const struct {
        const char *name;
        int64_t later_ms, later_days;
        const char *want;
    } rows[] = {
        {"at once", 0, 0, "Chuyển nhượng quyền sử dụng đất"},
        {"before its time", NAMES_KEPT_MS - 1, 0, "Chuyển nhượng quyền sử dụng đất"},
        {"after its time", NAMES_KEPT_MS, 0, "Another"},
        {"another day", 0, 1, "Another"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED(names) names = NULL;
        struct fault f = {0};
        struct instant later = {NOW.us + rows[i].later_days * INSTANT_DAY_US};
        home_fixture_good(names_refresh(&names, db, "national", NOW, 1000, &f), &f);
        home_fixture_good(database_script(db, "UPDATE portal.catalogue SET name = 'Another'", &f), &f);
        home_fixture_good(names_refresh(&names, db, "national", later, 1000 + rows[i].later_ms, &f), &f);
        assert_string_equal(names_procedure(names, "1.013831").name, rows[i].want);
        home_fixture_good(
            database_script(db, "UPDATE portal.catalogue SET name = 'Chuyển nhượng quyền sử dụng đất'", &f), &f);
    }
}

static void names_hold_on_their_days(void **state)
{
    OWNED(names) names = NULL;
    struct fault f = {0};
    (void)state;
    home_fixture_good(names_refresh(&names, db, "national", (struct instant){INSTANT_DAY_US}, 0, &f), &f);
    assert_string_equal(names_procedure(names, "1.013831").name, "1.013831"); /* in 1970 it had none */
    assert_string_equal(names_procedure(names, "1.013831").field, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_record_has_the_peers_names),  cmocka_unit_test(each_peer_has_its_own_codes),
        cmocka_unit_test(what_is_not_known_is_left_out),   cmocka_unit_test(progress_is_local_time),
        cmocka_unit_test(damaged_particulars_are_a_fault), cmocka_unit_test(names_are_kept_for_a_while),
        cmocka_unit_test(names_hold_on_their_days),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
