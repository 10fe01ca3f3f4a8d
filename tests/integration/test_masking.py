"""Personal data stays where it may be read: marked identifiers are planted in everything that a citizen, an officer, an agency or a stranger
can say, in good form and in bad, and then there is not one of them in any table of any agency, any log, any metric or any error, in any
usual writing. That the search would find them shows by what is planted where it may be.

What may stand in the open and is not searched for: serials of certificates and plots (the land register's own keys), numbers of notices and
payments, codes and ids, idempotency keys, digests, names of officers (accounts, purposes). The facts of a procedure (here: the gaps of a
supplement and their legal basis) are the routers' by definition, and are looked for everywhere else. What routers hold: test_planted.py."""
import hashlib
import pathlib
import urllib.parse
import uuid

import pytest
from test_planted import MARK, Search, planted

from world import AGENCIES, World, application, http, person, wait_until

OPEN = {"certificate", "plot"}  # of planted(): the register's own keys


@pytest.fixture(scope="module")
def world():
    made = World("--parcels", "60")
    yield made
    made.close()


# --- searching ---

def values(world, database):
    """(schema.table.column, bytes) of each value; bytea as its bytes, also of what is packed in it."""
    columns = world.rows(database, "SELECT format('%I.%I', table_schema, table_name), column_name FROM information_schema.columns "
                         "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, ordinal_position")
    for table, column in columns:
        for (value,) in world.rows(database, f'SELECT "{column}" FROM {table} WHERE "{column}" IS NOT NULL'):
            yield f"{database}: {table}.{column}", bytes(value) if isinstance(value, memoryview) else str(value).encode()


def in_tables(world, search, databases=AGENCIES):
    found, seen = set(), 0
    for database in databases:
        for where, data in values(world, database):
            seen += 1
            found |= {(*hit, where) for hit in search(data)}
    assert seen > 500
    return found


def in_logs(world, search):
    found = set()
    for path in pathlib.Path(world.folder, "log").glob("*.log"):
        if path.stem not in ("payment-service", "national-portal"):  # the outside world's stand-ins
            found |= {(*hit, path.name) for hit in search(path.read_bytes())}
    return found


def metrics(world):
    """Every output for machines that the programs have, as it is now."""
    texts = []
    for url in (world.intake_url, world.land_url, world.postal_url, world.repository_url, world.payment_url):
        for path in ("/metrics", "/health", "/healthz", "/readyz"):
            answer = http("GET", url + path)
            texts.append((url, path, repr(answer.body)))
    assert sum(answer.startswith(("b'", "{")) for *_, answer in texts) >= 5
    return texts


class Errors:
    """What was answered to bad requests."""

    def __init__(self):
        self.answers = []

    def __call__(self, answer):
        assert 400 <= answer.status < 500, answer
        self.answers.append(repr(answer.body))
        return answer

    def found(self, search):
        return {(*hit, text[:200]) for text in self.answers for hit in search(text.encode())}


# --- planting ---

def words(name):
    return f"{name} of {MARK}"


def send_bad_ones(world, errors, mark):
    """Too long, of a wrong form, unknown, not even JSON, twice with other content, with wrong secrets: MARK in each."""
    good = application(40)
    number = "0" + str(int(MARK, 16))[:10]
    bad = []
    for who in ("applicant", "transferee"):
        for key in ("full_name", "address", "telephone", "email", "personal_number", "old_card_number", "tax_number", "birth_date", "kind"):
            bad += [{**good, who: {**good[who], key: value}} for value in (mark, mark * 200, mark + "\x01", [mark], {mark: mark}, number)
                    if (key, value) not in (("full_name", mark), ("address", mark), ("full_name", number), ("address", number), ("telephone", number))]
        bad.append({**good, who: {**good[who], mark: "x"}})
    for key in ("procedure", "channel", "certificate_serial", "parcel", "area", "district", "contract", "documents", "delivery"):
        bad += [{**good, key: value} for value in (mark * 300, [mark * 300], {mark: mark}, mark + "\x02")]
    bad += [{**good, mark: mark}, {**good, "contract": {**good["contract"], "value": mark}}, {**good, "contract": {**good["contract"], "date": mark}},
            {**good, "documents": [{"type": mark * 50, "name": mark, "copy_kind": 0}]}, {**good, "documents": [{"type": "map", "name": mark * 100, "copy_kind": 0}]},
            {**good, "documents": [{"type": "map", "name": mark, "copy_kind": mark}]}, {**good, "delivery": {"method": mark}}]
    for i, body in enumerate(bad):
        answer = http("POST", f"{world.intake_url}/v1/dossiers", body, world.desk_headers | {"Idempotency-Key": f"bad-{i}"})
        if answer.status != 201:  # some texts are taken: they are planted like the others
            errors(answer)
    raw = world.desk_headers | {"Idempotency-Key": "raw"}
    for data in (mark.encode(), b'{"applicant": "' + mark.encode(), b'{"a": "' + mark.encode() + b'"} trailing ' + mark.encode(), b'["' + mark.encode() + b'"]',
                 b'{"' + mark.encode() + b'": 1, "' + mark.encode() + b'": 2}', b"\xff" + mark.encode()):
        errors(http("POST", f"{world.intake_url}/v1/dossiers", raw=data, headers=raw))
    quoted = urllib.parse.quote(mark)
    for path in (f"/v1/dossiers/{quoted}", f"/v1/{quoted}", f"/v1/files/{quoted}", f"/v1/dossiers/{quoted}/survey"):
        errors(http("GET", world.intake_url + path, headers={"Dossier-Secret": mark.replace(" ", "-"), "Authorization": f"Bearer {MARK}"}))
    errors(world.desk("GET", f"/v1/desk/tasks/{quoted}"))
    errors(world.desk("GET", f"/v1/desk/tasks?limit={quoted}"))
    errors(world.land("POST", "/blocks", {"certificate": mark, "kind": mark, "source": mark, "number": mark}))
    errors(world.land("POST", "/blocks", {"certificate": mark, "kind": "dispute", "source": "x", "number": "1"}))
    errors(world.land("GET", f"/parcels/{quoted}"))
    errors(world.land("POST", "/blocks/release", {"certificate": "DM 00000040", "kind": "dispute", "source": mark, "number": mark}))
    errors(world.postal("POST", f"/items/{quoted}/events", {"kind": mark, "place": mark, "signer": mark}))
    for url in (world.repository_url, world.payment_url, world.land_url, world.postal_url):
        errors(http("GET", f"{url}/{quoted}", headers={"Authorization": f"Bearer {MARK}"}))
    errors(http("POST", f"{world.payment_url}/callbacks", raw=mark.encode(), headers={"X-Signature": MARK}))


def upload(world, content):
    digest = hashlib.sha256(content).hexdigest()
    answer = http("PUT", f"{world.intake_url}/v1/files/{digest}?size={len(content)}", raw=content, headers=world.desk_headers)
    assert answer.status == 200 and answer.body["complete"], answer
    return digest


def carry_one(world, markers):
    """A transfer that meets everybody, with all that can be said on the way."""
    body, planted_markers = planted(57)
    markers |= {name: marker for name, marker in planted_markers.items() if name not in OPEN}
    markers["content"] = words("what a document says")
    digest = upload(world, markers["content"].encode() * 30)
    body["documents"][0]["digest"] = digest
    d = world.submit(body)
    markers |= {"gap": words("a gap"), "legal basis": words("a legal basis"), "supplement's document": words("a map")}
    answer = d.answer("desk.accept", decision="supplement", gaps=[markers["gap"]], stage="reception", legal_basis=markers["legal basis"], approver="D-001")
    assert answer.status == 200, answer
    d.reach(5)
    answer = d.post("/supplement", {"documents": [{"type": "map", "name": markers["supplement's document"], "copy_kind": 1}]}, officer=True)
    assert answer.status == 200, answer
    d.to_payment()
    d.pay()
    item = d.item()
    markers |= {"place": words("a place"), "why it failed": words("nobody there"), "signer": words("a signer")}
    for kind, more in (("pickup", {}), ("transit", {}), ("failed", {"reason": markers["why it failed"]}), ("delivered", {"signer": markers["signer"]})):
        assert world.postal("POST", f"/items/{item}/events", {"kind": kind, "place": markers["place"], **more}).status == 200
    d.reach(10)
    d.ended()
    markers["survey"] = words("what the citizen thinks")
    code = wait_until("the survey", lambda: d.view()["survey"])["code"]
    answer = http("POST", f"{world.intake_url}/v1/dossiers/{d.code}/survey", {"score": 2, "text": markers["survey"]},
                  {"Survey-Code": code, "Idempotency-Key": "survey-1"})
    assert answer.status == 200, answer
    return d, digest


def end_others_badly(world, markers):
    """A refusal with its reason, a withdrawal with its, somebody whom the register does not know, a block by a person, a holding."""
    markers |= {"reason of a refusal": words("why it was refused"), "reason of a withdrawal": words("why it was withdrawn"),
                "unknown": f"Nguyễn {MARK} An", "who ordered a block": words("a creditor"), "number of a block": words("no."),
                "holder": "0" + str(int(MARK, 16))[:11].rjust(11, "7")}
    d = world.submit(application(41))
    answer = d.answer("desk.accept", decision="refuse", reason=markers["reason of a refusal"], legal_basis=markers["legal basis"])
    assert answer.status == 200, answer
    d.reach(3)
    withdrawn = world.submit(application(42)).to_payment()
    answer = withdrawn.post("/withdrawal", {"reason": markers["reason of a withdrawal"]})
    assert answer.status == 200, answer
    stranger = world.submit(application(43, applicant={**person(85), "full_name": markers["unknown"]}))
    stranger.task("desk.identity.resolve")
    block = {"certificate": "DM 00000044", "kind": "dispute", "source": markers["who ordered a block"], "number": markers["number of a block"]}
    assert world.land("POST", "/blocks", block).status in (200, 201)
    stopped = world.submit(application(44))
    stopped.accept()
    stopped.reach(8)
    assert world.land("POST", "/blocks/release", block).status == 200


def test_no_marker_is_where_it_must_not_be(world):
    markers, errors = {}, Errors()
    d, digest = carry_one(world, markers)
    end_others_badly(world, markers)
    wait_until("the document is carried", lambda: world.one("intake", "SELECT count(*) FROM intake.file WHERE stored_at IS NULL") == 0)
    token = {"Authorization": f"Bearer {world.settings['REPOSITORY_TOKEN']}"}
    holding = {"holder": markers["holder"], "type": "identity-card", "issued": "2024-01-01", "copy_kind": 2}
    assert http("POST", f"{world.repository_url}/documents/{digest}/holdings", holding, token).status == 204
    markers["bad"] = f"bad {MARK} one"
    send_bad_ones(world, errors, markers["bad"])
    other = world.try_submit({**application(57), "area": "1.0"}, d.key)
    errors(other)
    markers["code"] = MARK  # whatever it was part of
    search = Search(markers)
    assert len(markers) >= 30 and len(errors.answers) > 120
    assert in_tables(world, search) == set()
    assert in_logs(world, search) == set()
    assert {(*hit, url, path) for url, path, text in metrics(world) for hit in search(text.encode())} == set()
    assert errors.found(search) == set()
    # The routers: all but the facts, which are theirs to decide on.
    facts = {"gap", "legal basis", "code"}
    assert in_tables(world, Search({k: v for k, v in markers.items() if k not in facts}), ["router"]) == set()
    # It was no empty run: the values are there, for who has the key.
    (packed,) = world.rows("intake", "SELECT packed FROM intake.application WHERE dossier = %s", d.id)[0]
    opened = world.opened_bytes("intake", "intake.application.packed", uuid.UUID(d.id).bytes, packed)
    assert markers["applicant personal_number"].encode() in opened and markers["applicant address"].encode() in opened


def test_every_sealed_column_is_sealed(world):
    """Each bytea that vault.sql names holds only what the vault has written: version 1 and a key that the file has."""
    for agency, columns in {"intake": ["application.packed", "application.notices", "task.view", "survey.text"],
                            "land": ["party.full_name", "party.address", "party.personal_number", "restriction.source", "examination.grounds"],
                            "tax": ["taxpayer.number", "taxpayer.full_name", "notice.remark"], "police": ["person.full_name", "person.birth_date"],
                            "postal": ["item.name", "item.address", "item.telephone", "tracking.signer", "tracking.place", "tracking.reason"],
                            "portal": ["record.packed", "progress.detail"]}.items():
        for name in [f"{agency}.{c}" for c in columns] + ["lienthong.inbox.envelope", "lienthong.outbox.envelope"]:
            table, _, column = name.rpartition(".")
            rows = world.rows(agency, f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 500")
            ids = {bytes(value)[:5] for (value,) in rows}
            assert ids == {b"\x01" + world.key_id(world.vault(agency)[0][0])}, (name, ids)


def test_the_search_finds_what_stands_in_the_open(world):
    """The control: what may be read is found in each of the places."""
    marker = f"CONTROL-{MARK}"
    search = Search({"control": marker})
    answer = world.try_submit(application(45), marker)  # the idempotency key: the portal's own, never a person's
    assert answer.status == 201, answer
    wait_until("found in intake's table", lambda: any("intake: intake.application.key" in hit for hit in in_tables(world, search)))
    config = pathlib.Path(world.folder, "conf", "postal.yaml")
    kept = config.read_text()
    world.stop("postal")
    config.write_text(kept + f"{marker}: 1\n")
    world.start("postal")
    wait_until("it ends", lambda: not world.running("postal"))
    config.write_text(kept)
    world.start("postal")
    assert any("postal.log" in hit for hit in in_logs(world, search))
    errors = Errors()
    errors.answers.append(repr({"detail": f"a text with {marker}"}))
    assert errors.found(search)
