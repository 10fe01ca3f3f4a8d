"""Portals at the intake: known by tokens of their own, each good for one change, or by certificates that the proxy has checked."""
import base64
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import signal
import time
import uuid

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from world import application, http, wait_until

PROXY_SECRET = "the proxy's own secret"
CONTENT = b"x"
FILE = f"/v1/files/{hashlib.sha256(CONTENT).hexdigest()}"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Portal:
    def __init__(self, world, name):
        self.world, self.name, self.key = world, name, ed25519.Ed25519PrivateKey.generate()

    def register(self):
        public = self.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        pathlib.Path(self.world.folder, "conf", "portals", self.name + ".pem").write_bytes(public)
        os.kill(int(pathlib.Path(self.world.folder, "run", "intake.pid").read_text()), signal.SIGHUP)
        return wait_until(f"{self.name} is known", lambda: (a := self.submit()).status == 201 and a)

    def token(self, **changes):
        now = int(time.time())
        claims = {"iss": self.name, "aud": "lienthong-intake", "iat": now, "exp": now + 300, "jti": uuid.uuid4().hex, **changes}
        text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "EdDSA", "typ": "JWT"}, claims))
        return text + "." + base64url(self.key.sign(text.encode()))

    def submit(self, token=None, key=None, body=None):
        return submit(self.world, {"Portal-Token": token or self.token()}, key, body)


def portal_application(world):
    """Promises its paper, as one who files online does."""
    documents = [{"type": "transfer-contract", "name": "Transfer contract", "copy_kind": 0, "paper_pending": True}]
    return application(world.next_parcel(), channel="online", documents=documents)


def submit(world, headers, key=None, body=None):
    return http("POST", f"{world.intake_url}/v1/dossiers", body or portal_application(world), {**headers, "Idempotency-Key": key or uuid.uuid4().hex})


def upload(world, headers):
    return http("PUT", f"{world.intake_url}{FILE}?size={len(CONTENT)}", raw=CONTENT, headers=headers)


def listens(world):
    try:
        return http("GET", f"{world.intake_url}/readyz").status == 200
    except OSError:
        return False


def restart(world, text):
    world.stop("intake")
    pathlib.Path(world.folder, "conf", "intake.yaml").write_text(text)
    world.start("intake")
    wait_until("intake listens", lambda: listens(world))


@pytest.fixture(scope="module")
def strict(world):
    """Nobody but portals and the desk submits or uploads."""
    conf = pathlib.Path(world.folder, "conf")
    before, portals = (conf / "intake.yaml").read_text(), conf / "portals"
    owner = conf.stat()
    portals.mkdir()
    (conf / "proxy.secret").write_text(PROXY_SECRET + "\n")
    (conf / "proxy.secret").chmod(0o600)
    for path in (portals, conf / "proxy.secret"):
        os.chown(path, owner.st_uid, owner.st_gid)
    lines = "\nintake:\n  portal_keys: portals\n  portal_required: yes\n"
    restart(world, before.replace("\nintake:\n", lines).replace("\nhttp: {", "\nhttp: {proxy_secret_file: proxy.secret, "))
    yield world
    restart(world, before)
    shutil.rmtree(portals)


@pytest.fixture(scope="module")
def portal(strict):
    made = Portal(strict, "portal-one")
    made.register()
    return made


def test_nobody_else_submits_or_uploads(strict):
    unknown = Portal(strict, "portal-none")
    for headers in ({}, {"Portal-Token": ""}, {"Portal-Token": unknown.token()}, {"Lienthong-Portal": "portal-one"}):
        for answer in (submit(strict, headers), upload(strict, headers), http("GET", strict.intake_url + FILE, headers=headers)):
            assert answer.status == 401 and answer.body["code"] == "PORTAL", answer
    counter = submit(strict, strict.desk_headers, body=application(strict.next_parcel(), channel="counter"))
    assert counter.status == 201, "the desk goes on as it did"
    assert upload(strict, strict.desk_headers).status == 200


def test_portals_are_known_by_their_keys(strict):
    """A key is registered without a restart."""
    portal = Portal(strict, "portal-new")
    assert portal.submit().status == 401
    answer = portal.register()
    assert strict.rows("intake", "SELECT who FROM account.act WHERE object = %s", answer.body["id"]) == [("portal:portal-new",)]
    assert upload(strict, {"Portal-Token": portal.token()}).status == 200
    now = int(time.time())
    for changes in ({"aud": "other"}, {"exp": now - 60}, {"iat": now + 300, "exp": now + 400}, {"iss": "portal-two"}, {"jti": None}, {"jti": "x" * 101},
                    {"padding": "x" * 5000}):
        answer = portal.submit(portal.token(**changes))
        assert answer.status == 401 and answer.body["code"] == "PORTAL", changes
    assert portal.submit(Portal(strict, portal.name).token()).status == 401, "another key"


def test_a_token_is_good_for_one_change(portal):
    """Whoever got a used token can do nothing with it; looking how much of a file is here uses none up."""
    world, token = portal.world, portal.token()
    state = {"Portal-Token": token}
    assert http("GET", world.intake_url + FILE, headers=state).status in (200, 404)
    assert portal.submit(token).status == 201
    before = world.one("intake", "SELECT count(*) FROM intake.application")
    for answer in (portal.submit(token), upload(world, state)):
        assert answer.status == 401 and answer.body["code"] == "PORTAL" and "jti" in answer.body["detail"], answer
    assert portal.submit(portal.token(jti=json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==="))["jti"])).status == 401
    assert world.one("intake", "SELECT count(*) FROM intake.application") == before
    assert ("portal:portal-one", "REPLAYED") in world.rows("intake", "SELECT who, outcome FROM account.act WHERE act = 'refused'")


def test_of_many_at_once_one_token_serves_one(portal):
    token = portal.token()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: portal.submit(token).status, range(8)))
    assert sorted(statuses) == [201] + [401] * 7


def test_a_repeated_request_brings_another_token(portal):
    """The key makes it once, the token says who asks."""
    key, body = uuid.uuid4().hex, portal_application(portal.world)
    first, again = portal.submit(key=key, body=body), portal.submit(key=key, body=body)
    assert (first.status, again.status) == (201, 200) and first.body == again.body
    assert submit(portal.world, {}, key, body).status == 401, "the receipt is not for who repeats it without one"


def test_used_tokens_are_forgotten_when_they_have_expired(portal):
    world = portal.world
    world.rows("intake", "INSERT INTO intake.portal_token VALUES ('portal-one', 'old', now() - interval '1 s')")
    until = world.one("intake", "SELECT max(until) - now() FROM intake.portal_token")
    assert until.total_seconds() < 600 + 60 + 1
    wait_until("the old one is gone", lambda: not world.rows("intake", "SELECT FROM intake.portal_token WHERE identifier = 'old'"), seconds=75, pause=1)


def test_certificates_are_the_proxys_word(portal):
    world = portal.world
    proxy = {"Lienthong-Proxy": PROXY_SECRET, "X-Forwarded-For": "192.0.2.7"}
    for headers in ({"Lienthong-Portal": "portal-two"}, {**proxy, "Lienthong-Proxy": PROXY_SECRET[:-1], "Lienthong-Portal": "portal-two"},
                    {**proxy, "Lienthong-Portal": "two words"}, {**proxy, "Lienthong-Portal": "x" * 61}, {**proxy, "Lienthong-Portal": ""}, proxy):
        assert submit(world, headers).status == 401, headers
    answer = submit(world, {**proxy, "Lienthong-Portal": "portal-two"})
    assert answer.status == 201, answer
    assert world.rows("intake", "SELECT who, source FROM account.act WHERE object = %s", answer.body["id"]) == [("portal:portal-two", "192.0.2.7")]
    refused = submit(world, {**proxy, "Lienthong-Portal": "portal-two", "Portal-Token": "a.b.c"})
    assert refused.status == 401, "a token that does not hold is no certificate's to mend"
