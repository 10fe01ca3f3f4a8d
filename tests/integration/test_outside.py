"""What payment, postal and the spool take from outside: signatures, tokens, malformed calls, abandoned files, and their database away."""
import hashlib
import hmac
import json
import os
import pathlib
import time
import uuid

import pytest

from world import application, http, person, wait_until


def callback(world, body, secret=None, signature=None, raw=None):
    text = raw if raw is not None else json.dumps(body).encode()
    secret = secret or pathlib.Path(world.folder, "conf", "payment.secret").read_text().splitlines()[0]
    signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest() if signature is None else signature
    return http("POST", f"{world.payment_url}/callbacks", headers={"Payment-Signature": signature}, raw=text)


def payment(reference, amount):
    return {"transaction": uuid.uuid4().hex, "reference": reference, "amount": amount, "paid_at": "2026-06-01T02:00:00Z"}


def test_a_callback_needs_its_signature(world):
    body = payment("nobody", "1")
    before = world.one("payment", "SELECT count(*) FROM payment.payment")
    good = hmac.new(b"another secret of good length", json.dumps(body).encode(), hashlib.sha256).hexdigest()
    for signature in ("", "x", "0" * 64, good, good.upper()):
        answer = callback(world, body, signature=signature)
        assert answer.status == 401 and answer.body["code"] == "SIGNATURE", answer
    assert http("POST", f"{world.payment_url}/callbacks", body).status == 401
    signed = callback(world, body, raw=json.dumps(body).encode())
    assert signed.status == 404 and signed.body["code"] == "UNKNOWN_REFERENCE"
    assert world.one("payment", "SELECT count(*) FROM payment.payment") == before + 1


@pytest.mark.parametrize("raw,status", [(b"", 400), (b"{", 400), (b"[]", 400), (b'{"a":1,"a":1}', 400), (b"{}", 422)])
def test_malformed_callbacks(world, raw, status):
    assert callback(world, None, raw=raw).status == status


@pytest.mark.parametrize("changes", [{"amount": 1}, {"amount": "0"}, {"amount": "-1"}, {"amount": "1.5"}, {"amount": "1" * 16},
                                     {"paid_at": "yesterday"}, {"paid_at": None}, {"transaction": ""}, {"transaction": "x" * 61},
                                     {"reference": None}])
def test_callbacks_that_say_nothing_usable(world, changes):
    answer = callback(world, {**payment("nobody", "1"), **changes})
    assert answer.status == 422 and answer.body["detail"].startswith("/" + next(iter(changes))), answer


def test_the_same_transaction_with_other_content(world):
    d = world.submit().to_payment()
    notice = d.notices()[0]
    part = payment(notice["reference"], "1000")
    assert callback(world, part).body == {"outcome": "counted"}
    assert callback(world, part).body == {"outcome": "repeated"}
    answer = callback(world, {**part, "amount": "1001"})
    assert answer.status == 409 and answer.body["code"] == "TRANSACTION_REUSED"
    rest = [(n["reference"], int(n["amount"]) - (1000 if n is notice else 0)) for n in d.notices() if n["number"] != notice["number"]]
    rest.append((notice["reference"], int(notice["amount"]) - 1000))
    for reference, amount in rest:
        assert callback(world, payment(reference, str(amount))).body == {"outcome": "counted"}
    assert callback(world, payment(notice["reference"], "5")).body == {"outcome": "excess"}
    d.deliver()
    d.reach(10)


def test_the_postal_service_needs_its_token(world):
    for method, path in (("GET", "/items"), ("GET", "/items/RR473124829GB"), ("POST", "/items/RR473124829GB/events")):
        body = {"kind": "pickup"} if method == "POST" else None
        assert http(method, world.postal_url + path, body).status == 401
        assert http(method, world.postal_url + path, body, {"Authorization": "Bearer x"}).status == 401
    assert world.postal("GET", "/items/RR473124829GB").status == 404
    assert "check digit" in world.postal("GET", "/items/RR473124820GB").body["detail"]


def test_land_and_repository_need_their_tokens(world):
    parcel = f"{world.land_url}/parcels/DM%2000000001"
    document = f"{world.repository_url}/documents/{'0' * 64}"
    for url, token, found in ((parcel, world.land_token, 200), (document, world.settings["REPOSITORY_TOKEN"], 404)):
        for given in (None, "Bearer ", "Bearer x", f"Bearer {world.postal_token}", token):
            answer = http("GET", url, headers={"Authorization": given} if given else {})
            assert answer.status == 401 and answer.body["code"] == "NOT_ENTITLED", answer
        assert http("GET", url, headers={"Authorization": f"Bearer {token}"}).status == found
    for method, url in (("POST", f"{world.land_url}/blocks"), ("DELETE", f"{world.land_url}/blocks/1"), ("POST", f"{document}/holdings"),
                        ("PUT", f"{document}/pieces?offset=0&size=1")):
        assert http(method, url, {}).status == 401


def test_scans_that_cannot_be(world):
    d = world.submit().to_payment()
    d.pay()
    item = d.item()
    for wrong in ({}, {"kind": "stolen"}, {"kind": 1}, {"kind": "pickup", "at": "noon"}, {"kind": "pickup", "place": "x" * 201},
                  {"kind": "pickup", "weight": 3}):
        assert world.postal("POST", f"/items/{item}/events", wrong).status == 422, wrong
    assert world.postal("POST", f"/items/{item}/events", {"kind": "delivered", "signer": "x"}).status == 409
    d.scan(item, "pickup", "transit")
    assert world.postal("POST", f"/items/{item}/events", {"kind": "delivered"}).status == 422
    failed = {"kind": "failed", "at": "2026-06-01T09:00:00+07:00", "reason": "nobody at home"}
    for _ in range(5):  # told again and again: one attempt
        assert world.postal("POST", f"/items/{item}/events", failed).status == 200
    assert world.postal("GET", f"/items/{item}").body["attempts"] == 1
    d.scan(item, "delivered")
    d.reach(10)


def test_abandoned_uploads_are_removed_from_the_spool(world):
    spool = pathlib.Path(world.folder, "spool")
    content = b"x" * (1 << 20)
    fresh, old = ("%064x" % n for n in (1, 2))
    for digest in (fresh, old):
        answer = http("PUT", f"{world.intake_url}/v1/files/{digest}?size=9000000", raw=content, headers={"Content-Type": "application/octet-stream"})
        assert answer.status == 200 and answer.body["received"] == 1 << 20, answer
    assert http("PUT", f"{world.intake_url}/v1/files/{fresh}?size=9000000&offset={1 << 20}", raw=content + b"x",
                headers={"Content-Type": "application/octet-stream"}).status == 413
    os.utime(spool / f"{old}.part", (time.time() - 8 * 86400,) * 2)
    world.stop("intake")
    world.start("intake")
    wait_until("the old one is gone", lambda: not (spool / f"{old}.part").exists())
    assert (spool / f"{fresh}.part").exists()


def test_while_their_database_is_away_nothing_is_lost(world):
    d = world.submit().to_payment()
    notices = d.notices()
    for connection in world.connections.values():
        connection.close()
    told = [payment(n["reference"], n["amount"]) for n in notices]
    world.stop("database")
    try:
        assert [callback(world, p).status for p in told] == [503] * len(told)
        assert world.postal("GET", "/items").status == 503
        assert world.postal("POST", "/items/RR473124829GB/events", {"kind": "pickup"}).status == 503
    finally:
        world.start("database")
    for p in told:
        wait_until("taken", lambda: (a := callback(world, p)).status == 200 and a.body["outcome"] in ("counted", "repeated"))
    wait_until("postal is back", lambda: world.postal("GET", "/items").status == 200)
    wait_until("intake is back", lambda: d.get().status == 200)
    d.deliver()
    d.reach(10)


def test_no_log_tells_who_the_people_are(world):
    """Also not when what they sent is refused, or the register does not know them."""
    parcel = world.next_parcel()
    d = world.submit(application(parcel)).happy()
    stranger = dict(person(2 * parcel), full_name="Tôn Nữ Vô Danh", personal_number="001099999999", telephone="0987654321")
    assert world.submit(application(world.next_parcel(), applicant=stranger)).task("desk.identity.resolve")
    for wrong in ({"applicant": dict(stranger, personal_number="12")}, {"transferee": dict(stranger, kind="ghost")}, {"applicant": [stranger]}):
        assert world.try_submit(application(parcel, **wrong), uuid.uuid4().hex).status == 422
    words = [str(p[k]) for p in (person(2 * parcel - 1), person(2 * parcel), stranger)
             for k in ("full_name", "personal_number", "tax_number", "telephone", "email")] + [d.secret, world.desk_token, world.land_token]
    for log in pathlib.Path(world.folder, "log").glob("*.log"):
        text = log.read_text(errors="replace")
        told = [word for word in words if word in text]
        assert not told, f"{log.name} tells {told}"
    plain = world.rows("router", "SELECT detail FROM event UNION ALL SELECT text FROM refusal UNION ALL SELECT cause FROM incident "
                       "UNION ALL SELECT reason FROM outbox UNION ALL SELECT text FROM message")
    assert not [word for word in words for (text,) in plain if word in text]
