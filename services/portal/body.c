#include "body.h"

#include "base/fence.h"
#include "base/text.h"
#include "lienthong/v1/intake.pb-c.h"
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

static enum fault_code add_code(const struct names *names, const char *name, unsigned ours, json_t *body,
                                struct fault *f)
{
    const char *theirs;
    if (names_code(names, name, ours, &theirs, f) != FAULT_NONE)
        return f->code;
    json_object_set_new(body, name, json_string(theirs));
    return FAULT_NONE;
}

/* What our tables say of the record: names of procedure and field, and our codes as the peer numbers them. */
static enum fault_code add_names(const struct names *names, const Lienthong__V1__PortalRecord *r, json_t *body,
                                 struct fault *f)
{
    struct procedure_names procedure = names_procedure(names, r->procedure);
    json_object_set_new(body, "MaTTHC", json_string(r->procedure));
    json_object_set_new(body, "TenTTHC", json_string(procedure.name));
    json_object_set_new(body, "MaLinhVuc", json_string(procedure.field));
    json_object_set_new(body, "TenLinhVuc", json_string(procedure.field_name));
    if (add_code(names, "LoaiDoiTuong", r->applicant_kind, body, f) != FAULT_NONE)
        return f->code;
    return add_code(names, "HinhThuc", r->channel, body, f);
}

static enum fault_code add_particulars(const struct names *names, struct bytes packed, json_t *body, struct fault *f)
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
    return add_names(names, r, body, f);
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

/* The one request: what was asked, by whom, when, and when it came. Names of the members from memory of the peer's interface. */
static enum fault_code add_supplement(const struct body *b, json_t *body, struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    ProtobufCMessage *message = NULL;
    json_t *list = json_array(), *gaps = json_array();
    json_object_set_new(body, "DanhSachHoSoBoSung", list);
    if (!b->supplement.data)
        return json_decref(gaps), FAULT_NONE;
    if (fence_unpack(b->supplement, &lienthong__v1__supplement_request__descriptor, FENCE_LIMITS_DEFAULT, &arena,
                     &message, f) != FAULT_NONE)
        return json_decref(gaps), f->code;
    const Lienthong__V1__SupplementRequest *s = (const Lienthong__V1__SupplementRequest *)(const void *)message;
    for (size_t i = 0; i < s->n_gaps; i++)
        json_array_append_new(gaps, json_string(s->gaps[i]));
    json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "HoSoBoSungId", "1",
                                          "NguoiYeuCauBoSung", s->approver, "NoiDungBoSung", gaps, "GiaiDoan", s->stage,
                                          "CanCuPhapLy", s->legal_basis, "NgayBoSung", local_time(b->asked),
                                          "NgayTiepNhanBoSung", local_time(b->supplied)));
    return FAULT_NONE;
}

enum fault_code body_record(const struct names *names, const struct body *b, json_t **ret, struct fault *f)
{
    json_t *body = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:[]}", "MaHoSo", b->code, "TrangThaiHoSo",
                             json_sprintf("%d", b->status), "NgayHenTra", local_time(b->due), "NgayTra",
                             local_time(b->status == 10 ? b->at : (struct instant){0}), "NgayKetThucXuLy",
                             local_time(b->ended), "DonViXuLy", b->unit, "DanhSachLePhi");
    enum fault_code code = add_result(b->result, body, f);
    if (code == FAULT_NONE)
        code = add_supplement(b, body, f);
    if (code == FAULT_NONE && b->particulars.data)
        code = add_particulars(names, b->particulars, body, f);
    if (code != FAULT_NONE) {
        json_decref(body);
        return code;
    }
    *ret = body;
    return FAULT_NONE;
}

json_t *body_progress(const struct body *b)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:o}", "MaHoSo", b->code, "NguoiXuLy", b->unit, "ThoiDiemXuLy",
                     local_time(b->at), "NoiDungXuLy", b->detail, "TrangThai", json_sprintf("%d", b->status));
}
