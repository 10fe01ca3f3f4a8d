#include "body.h"

#include "base/fence.h"
#include "base/text.h"
#include "lienthong/v1/repository.pb-c.h"

/* The peer's clock is local: yyyymmddhhmmss, Asia/Ho_Chi_Minh. */
static json_t *local_time(struct instant at)
{
    if (at.us == 0)
        return json_string("");
    int64_t local_s = at.us / INSTANT_SECOND_US + 7 * 3600;
    int year, month, day;
    date_of_day((int32_t)(local_s / 86400), &year, &month, &day);
    int second = (int)(local_s % 86400);
    return json_sprintf("%04d%02d%02d%02d%02d%02d", year, month, day, second / 3600, second / 60 % 60, second % 60);
}

static enum fault_code add_code(const struct rows *rows, int column, const char *peer, const char *name, unsigned ours,
                                json_t *body, struct fault *f)
{
    if (rows_null(rows, 0, column))
        return fault_set(f, FAULT_NOT_FOUND, "code table %s of peer %s has no %u; add the row", name, peer, ours);
    json_object_set_new(body, name, json_string(rows_text(rows, 0, column)));
    return FAULT_NONE;
}

/* What our tables say of the record: names of procedure and field, and our codes as the peer numbers them. */
static enum fault_code add_names(struct database *d, const char *peer, const Lienthong__V1__PortalRecord *r,
                                 json_t *body, struct fault *f)
{
    static const char sql[] =
        "SELECT c.name, c.field, c.field_name, kind.theirs, channel.theirs FROM (VALUES ($1::text)) AS of (procedure) "
        "LEFT JOIN portal.catalogue c ON c.procedure = of.procedure AND valid_from <= current_date "
        "AND current_date < valid_until "
        "LEFT JOIN portal.code_table kind ON kind.peer = $2 AND kind.name = 'LoaiDoiTuong' AND kind.ours = $3 "
        "LEFT JOIN portal.code_table channel ON channel.peer = $2 AND channel.name = 'HinhThuc' AND channel.ours = $4";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, r->procedure);
    parameters_text(p, peer);
    parameters_integer(p, r->applicant_kind);
    parameters_integer(p, r->channel);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    json_object_set_new(body, "MaTTHC", json_string(r->procedure));
    json_object_set_new(body, "TenTTHC", json_string(rows_null(rows, 0, 0) ? r->procedure : rows_text(rows, 0, 0)));
    json_object_set_new(body, "MaLinhVuc", json_string(rows_text(rows, 0, 1)));
    json_object_set_new(body, "TenLinhVuc", json_string(rows_text(rows, 0, 2)));
    if (add_code(rows, 3, peer, "LoaiDoiTuong", r->applicant_kind, body, f) != FAULT_NONE)
        return f->code;
    return add_code(rows, 4, peer, "HinhThuc", r->channel, body, f);
}

static enum fault_code add_particulars(struct database *d, const char *peer, struct bytes packed, json_t *body,
                                       struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    ProtobufCMessage *message = NULL;
    if (fence_unpack(packed, &lienthong__v1__portal_record__descriptor, FENCE_LIMITS_DEFAULT, &arena, &message, f) !=
        FAULT_NONE)
        return f->code;
    const Lienthong__V1__PortalRecord *r = (const Lienthong__V1__PortalRecord *)(const void *)message;
    json_object_set_new(body, "ChuHoSo", json_string(r->applicant_name));
    json_object_set_new(body, "MaDoiTuong", json_string(r->applicant_number));
    json_object_set_new(body, "Email", json_string(r->email));
    json_object_set_new(body, "SoDienThoai", json_string(r->telephone));
    json_object_set_new(body, "TrichYeuHoSo", json_string(r->subject));
    json_object_set_new(body, "NgayTiepNhan", local_time((struct instant){r->received_us}));
    json_t *documents = json_array();
    for (size_t i = 0; i < r->n_documents; i++)
        json_array_append_new(documents, json_pack("{s:s}", "TenTepDinhKem", r->documents[i]));
    json_object_set_new(body, "TaiLieuNop", documents);
    return add_names(d, peer, r, body, f);
}

static enum fault_code add_result(struct bytes packed, json_t *body, struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    ProtobufCMessage *message = NULL;
    json_t *list = json_array();
    json_object_set_new(body, "DanhSachGiayToKetQua", list);
    if (!packed.data)
        return FAULT_NONE;
    if (fence_unpack(packed, &lienthong__v1__stored_result__descriptor, FENCE_LIMITS_DEFAULT, &arena, &message, f) !=
        FAULT_NONE)
        return f->code;
    const Lienthong__V1__StoredResult *s = (const Lienthong__V1__StoredResult *)(const void *)message;
    json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "TenGiayTo", s->kind, "MaGiayToKetQua", s->number,
                                          "DuongDanTepTinKetQua", s->digest));
    return FAULT_NONE;
}

enum fault_code body_make(struct database *d, const char *peer, const char *unit, const struct body *b, json_t **ret,
                          struct fault *f)
{
    if (text_equal(b->kind, "progress")) {
        *ret = json_pack("{s:s, s:s, s:o, s:s, s:s}", "MaHoSo", b->code, "NguoiXuLy", unit, "ThoiDiemXuLy",
                         local_time(b->at), "NoiDungXuLy", b->detail, "TrangThai", "");
        json_object_set_new(*ret, "TrangThai", json_sprintf("%d", b->status));
        return FAULT_NONE;
    }
    json_t *body = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:[], s:[]}", "MaHoSo", b->code, "TrangThaiHoSo",
                             json_sprintf("%d", b->status), "NgayHenTra", local_time(b->due), "NgayTra",
                             local_time(b->status == 10 ? b->at : (struct instant){0}), "NgayKetThucXuLy",
                             local_time(b->ended), "DonViXuLy", unit, "DanhSachLePhi", "DanhSachHoSoBoSung");
    enum fault_code code = add_result(b->result, body, f);
    if (code == FAULT_NONE && b->particulars.data)
        code = add_particulars(d, peer, b->particulars, body, f);
    if (code != FAULT_NONE) {
        json_decref(body);
        return code;
    }
    *ret = body;
    return FAULT_NONE;
}
