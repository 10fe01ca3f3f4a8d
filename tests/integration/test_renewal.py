"""Certificates in a running world: routers and agencies without a list of revoked ones refuse for now and nothing is lost; an agency renews
its keys under way, without a restart, and no message is lost or refused; the old key is revoked and refused at the next message on its
open session; bad files at a reload change nothing; a key may lie in a token; agencies refuse what a revoked router's key signed."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import uuid

import pytest
from agent import CODES, Agent, Identity

from world import World, application, wait_until

TAX = CODES["tax"]
BOOKKEEPING = ("batch",)


@pytest.fixture(scope="module")
def world():
    lists = "revocation: {list: ../keys/ca.crl}"
    made = World("--parcels", "60", environment={"LT_ROUTER_EXTRA": lists, "LT_AGENCY_EXTRA": lists})
    yield made
    made.close()


def lt(world, *words):
    done = subprocess.run([world.settings["LT"], *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    hand_over(world)
    return done.stdout


def hand_over(world):
    """The world's programs may run as somebody else, whose the folder is."""
    owner = pathlib.Path(world.folder, "keys").stat()
    for folder in ("keys", "certificates", "tokens"):
        for path in pathlib.Path(world.folder, folder).rglob("*"):
            os.chown(path, owner.st_uid, owner.st_gid)


def keys(world, *below):
    return str(pathlib.Path(world.folder, "keys", *below))


def hang_up(world, *names):
    for name in names:
        os.kill(int(pathlib.Path(world.folder, "run", f"{name}.pid").read_text()), signal.SIGHUP)


def everybody(world):
    return [p.stem for p in pathlib.Path(world.folder, "run").glob("*.pid")
            if p.stem in CODES or p.stem.startswith("router-")]


def log(world, name, event):
    """The texts of EVENT in NAME's log."""
    found = []
    for line in pathlib.Path(world.folder, "log", f"{name}.log").read_text().splitlines():
        if line.startswith("{") and json.loads(line).get("event") == event:
            found.append(line)
    return found


def refusals(world):
    """How many of each code, proved or not."""
    return dict(world.rows("router", "SELECT code, sum(n)::integer FROM (SELECT code, count AS n FROM refusal_count"
                                     " UNION ALL SELECT code, 1 FROM refusal) AS all_of_them GROUP BY code"))


def serial(world, *below):
    return json.loads(lt(world, "keys", "show", keys(world, *below), "--json"))["serial"]


def test_without_a_list_nothing_is_taken_and_nothing_is_lost(world):
    body, key = application(world.next_parcel()), uuid.uuid4().hex
    answer = world.try_submit(body, key)   # the intake cannot know whose keys still count, and seals nothing to them
    assert answer.status == 503, answer
    assert "no usable list of revoked certificates" in log(world, "intake", "INTAKE-UNAVAILABLE")[-1]
    with Agent(world, "tax") as agent:
        fate = agent.exchange(agent.submission())
        assert fate.code == "REVOCATION_STALE" and fate.retryable, fate
    assert world.one("router", "SELECT count(*) FROM dossier") == 0
    assert log(world, "router-1", "REVOCATION-REFUSED") and log(world, "router-1", "REVOCATION-STALE")
    lt(world, "keys", "crl", keys(world))
    wait_until("everybody has read it", lambda: all(log(world, name, "REVOCATION-LOADED") for name in everybody(world)))
    assert set(refusals(world)) == {34}
    world.submit(body, key).happy()


def old_tax(world):
    """The keys of tax as they are now, for later."""
    return Identity(world, "tax")


def test_a_renewal_under_way_and_the_end_of_the_old_key(world):
    running = [world.submit() for _ in range(6)]
    for dossier in running[:4]:
        dossier.accept()
    before, old = refusals(world), old_tax(world)
    old_id = serial(world, TAX, "sign.pem")

    lt(world, "keys", "issue", keys(world), "--agency", TAX, "--name", "Tax", "--renew")
    shutil.copy(keys(world, TAX, "sign.pem"), pathlib.Path(world.folder, "certificates", f"{TAX}.new.pem"))
    hand_over(world)
    hang_up(world, *(name for name in everybody(world) if name != "tax"))
    lt(world, "agencies", "apply", str(pathlib.Path(world.folder, "conf", "directory.yaml")),
       "--database", world.settings["ROUTER_DATABASE"])
    valid = world.one("router", "SELECT count(*) FROM agency_key k JOIN agency_code c USING (agency) WHERE c.code = %s"
                                " AND purpose = 'sign' AND revoked_at IS NULL", TAX)
    assert valid == 2, "old and new are valid together"
    time.sleep(2)   # routers read the directory each second; a hello with a key that they do not know is refused until then
    assert serial(world, TAX, "sign.pem") != old_id
    for dossier in running[4:]:
        dossier.accept()
    hang_up(world, "tax")
    wait_until("tax has its new keys", lambda: log(world, "tax", "KEYS-RENEWED"))
    for dossier in running:
        dossier.reach(6, seconds=60)
        dossier.pay()
        dossier.deliver()
    for dossier in running:
        dossier.reach(10, seconds=60)
        dossier.ended()
    assert refusals(world) == before, "nothing was refused"
    assert world.one("router", "SELECT count(*) FROM outbox WHERE received_at IS NULL") == 0

    # The old key speaks on an open session until it is revoked, and not one message longer.
    with Agent(world, "tax", identity=old) as agent:
        about = running[0].id
        fate = agent.exchange(agent.event(about, "tax.gossip"))
        assert fate.code in ("DOSSIER_ENDED", "NOT_ENTITLED", "UNEXPECTED"), fate   # its key is good
        lt(world, "keys", "revoke", keys(world), "--agency", TAX, "--serial", old_id, "--reason", "superseded")
        wait_until("the router has read it", lambda: ": 1 revoked" in log(world, "router-1", "REVOCATION-LOADED")[-1])
        digest = world.digest(*BOOKKEEPING)
        fate = agent.exchange(agent.event(about, "tax.gossip"))
        assert fate.code == "KEY_NOT_VALID" and not fate.retryable, fate
        assert "revoked since" in fate.text and "superseded" in fate.text, fate
        assert world.digest(*BOOKKEEPING) == digest
        agent.alive()
    with Agent(world, "tax", identity=old, hello=False) as agent:
        agent.hello()
        fate = agent.farewell()
        assert fate.code == "KEY_NOT_VALID" and "revoked since" in fate.text, fate
    world.submit().happy()


def test_a_suspended_agency_comes_back(world):
    """What came for it meanwhile waits."""
    lt(world, "keys", "suspend", keys(world), "--agency", CODES["postal"])
    wait_until("the router has read it", lambda: ": 3 revoked" in log(world, "router-1", "REVOCATION-LOADED")[-1])
    with Agent(world, "postal", hello=False) as agent:
        agent.hello()
        fate = agent.farewell()
        assert fate.code == "KEY_NOT_VALID" and "suspended since" in fate.text, fate
    lt(world, "keys", "resume", keys(world), "--agency", CODES["postal"])
    wait_until("the router has read it", lambda: ": 1 revoked" in log(world, "router-1", "REVOCATION-LOADED")[-1])
    wait_until("it is let in", lambda: welcomed(world, "postal"))
    world.submit().happy()


def welcomed(world, name):
    with Agent(world, name, hello=False) as agent:
        agent.hello()
        agent.wait("an answer", lambda: agent.welcome or agent.ended)
        return agent.welcome


def test_bad_files_at_a_reload_change_nothing(world):
    sign, certificate = (pathlib.Path(keys(world, "router-1", name)) for name in ("sign.key", "sign.pem"))
    good, loaded = certificate.read_bytes(), len(log(world, "router-1", "IDENTITY-LOADED"))
    foreign = pathlib.Path(keys(world, "router-1", "foreign"))
    lt(world, "keys", "init", str(foreign))
    lt(world, "keys", "issue", str(foreign), "--agency", "router", "--name", "Not ours")
    bad = {"garbage": (b"no certificate", None), "another's": (pathlib.Path(keys(world, TAX, "sign.pem")).read_bytes(), None),
           "a foreign authority's": ((foreign / "router" / "sign.pem").read_bytes(), (foreign / "router" / "sign.key").read_bytes()),
           "half a key": (good, sign.read_bytes()[:100])}
    key = sign.read_bytes()
    for count, (name, (in_certificate, in_key)) in enumerate(bad.items(), 1):
        certificate.write_bytes(in_certificate)
        sign.write_bytes(in_key or key)
        hang_up(world, "router-1")
        wait_until(f"{name} is refused", lambda: len(log(world, "router-1", "IDENTITY-REFUSED")) == count)
        assert "the signing key in use stays" in log(world, "router-1", "IDENTITY-REFUSED")[-1]
    certificate.write_bytes(good)
    sign.write_bytes(key)
    assert len(log(world, "router-1", "IDENTITY-LOADED")) == loaded

    # At an agency, of another agency's certificate.
    spoilt = pathlib.Path(world.folder, "certificates", f"{TAX}.new.pem")
    good = spoilt.read_bytes()
    spoilt.write_bytes(b"no certificate")
    hang_up(world, "land")
    wait_until("land refuses it", lambda: log(world, "land", "CERTIFICATES-BAD"))
    world.submit().happy()
    spoilt.write_bytes(good)


def test_a_router_renews_its_key(world):
    """Its new certificate comes to the agencies first, then it signs with the new key, without a restart."""
    lt(world, "keys", "issue", keys(world), "--agency", "router", "--name", "Router 1 again")
    shutil.copy(keys(world, "router", "sign.pem"), pathlib.Path(world.folder, "certificates", "router-1.new.pem"))
    hand_over(world)
    hang_up(world, *(name for name in everybody(world) if name in CODES))
    dossier = world.submit()
    for name in ("sign.key", "sign.pem"):
        os.replace(keys(world, "router", name), keys(world, "router-1", name))
    loaded = len(log(world, "router-1", "IDENTITY-LOADED"))
    hang_up(world, "router-1")
    wait_until("the router signs with the new key", lambda: len(log(world, "router-1", "IDENTITY-LOADED")) > loaded)
    dossier.happy()
    world.submit().happy()


PIN, TOKEN = "482913", "tax"


def test_an_agencys_key_in_a_token(world):
    """The private key is nowhere else; its adapter signs by it."""
    tokens = pathlib.Path(world.folder, "tokens")
    (tokens / "store").mkdir(parents=True)
    (tokens / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}/store\nobjectstore.backend = file\nlog.level = ERROR\n")
    (tokens / "pin").write_text(PIN + "\n")
    (tokens / "pin").chmod(0o600)
    environment = {"SOFTHSM2_CONF": str(tokens / "softhsm2.conf")}
    for words in (["--init-token", "--free", "--label", TOKEN, "--so-pin", "77777777"],
                  ["--import", keys(world, TAX, "sign.key"), "--token", TOKEN, "--label", TAX, "--id", "01"]):
        subprocess.run(["softhsm2-util", *words, "--pin", PIN], check=True, capture_output=True, env={**os.environ, **environment})
    world.stop("tax")
    os.unlink(keys(world, TAX, "sign.key"))
    owner = pathlib.Path(world.folder, "keys").stat()
    os.chown(tokens, owner.st_uid, owner.st_gid)
    hand_over(world)
    conf = pathlib.Path(world.folder, "conf", "tax.yaml")
    uri = f"pkcs11:token={TOKEN};object={TAX}?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:{tokens}/pin"
    text = conf.read_text()
    assert f"../keys/{TAX}/sign.key" in text
    conf.write_text(text.replace(f"../keys/{TAX}/sign.key", f'"{uri}"'))
    world.start("tax", **environment)
    world.submit().happy()
    assert not any(log(world, name, "KEYS-BAD") for name in everybody(world) if name in CODES)


def test_agencies_refuse_what_a_revoked_routers_key_signed(world):
    """And what they refuse stands in the record, with the true cause."""
    loaded = len(log(world, "intake", "REVOCATION-LOADED"))
    shutil.copy(keys(world, "router-1", "sign.pem"), keys(world, "router", "sign.pem"))   # the authority knows what lies there
    lt(world, "keys", "revoke", keys(world), "--agency", "router", "--serial", serial(world, "router-1", "sign.pem"),
       "--reason", "keyCompromise")
    wait_until("the desk has read it", lambda: len(log(world, "intake", "REVOCATION-LOADED")) > loaded)
    before = len(log(world, "router-1", "DELIVERY-REFUSED"))
    world.submit()
    wait_until("the desk refuses its task", lambda: len(log(world, "router-1", "DELIVERY-REFUSED")) > before)
    text = log(world, "router-1", "DELIVERY-REFUSED")[-1]
    assert "is revoked since" in text and "keyCompromise" in text, text
