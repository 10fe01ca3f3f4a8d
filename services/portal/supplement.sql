-- What the citizen was asked for (DanhSachHoSoBoSung): there is at most one request.
CREATE TABLE supplement (
    dossier     uuid PRIMARY KEY,
    packed      bytea NOT NULL,                 -- lienthong.v1.SupplementRequest
    asked_at    timestamptz,
    supplied_at timestamptz
);
