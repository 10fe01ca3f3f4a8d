#!/usr/bin/env python3
"""Writes tests/fuzz/corpus/request and holding anew: python3 tests/fuzz/corpus.py. The same bytes each time; add a body here, not there."""
import json
import pathlib

LETTERS = {"login": "d", "survey": "e", "scan": "f", "block": "g", "holding": ""}  # modulo 4: the table of request_fuzz.c
BODIES = {
    "login": {"name": "tran.thi.hoa", "password": "một mật khẩu đủ dài"},
    "login-no-password": {"name": "tran.thi.hoa"},
    "survey": {"score": 5, "text": "Nhanh, không phải đi lại"},
    "survey-alone": {"score": 1},
    "survey-beyond": {"score": 6, "text": None},
    "scan-pickup": {"kind": "pickup", "place": "Mỹ Tho"},
    "scan-delivered": {"kind": "delivered", "at": "2026-11-24T09:15:00+07:00", "place": "Gò Công", "signer": "Nguyễn Văn An"},
    "scan-failed": {"kind": "failed", "reason": "nobody at home", "at": "2026-11-24T02:15:00Z"},
    "block": {"certificate": "DP 123456", "kind": "seizure", "source": "Tòa án nhân dân huyện Châu Thành", "number": "12/2026/QĐ-KCTT"},
    "block-unknown-kind": {"certificate": "DP 123456", "kind": "rumour", "source": "a court", "number": "1"},
    "holding": {"holder": "082190001234", "type": "certificate", "issued": "2020-05-04", "valid_until": "2030-05-04", "copy_kind": 0},
    "holding-open": {"holder": "1200123456", "type": "sketch", "issued": "2024-02-29"},
    "holding-bad-day": {"holder": "1200123456", "type": "sketch", "issued": "2023-02-29", "copy_kind": 3},
}

corpus = pathlib.Path(__file__).parent / "corpus"
for folder in corpus / "request", corpus / "holding":
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
for name, body in BODIES.items():
    kind = name.split("-")[0]
    path = corpus / ("holding" if kind == "holding" else "request") / name
    path.write_bytes((LETTERS[kind] + json.dumps(body, ensure_ascii=False)).encode())
