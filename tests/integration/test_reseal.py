"""A sealed part whose reader changes: its key is renewed and the old one is gone. The author's adapter seals it anew by itself, while no
service knows of it; an author that is away is an incident with its name, until it is back. Authors in C and in Python."""
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from agent import CODES, Agent

from world import World, wait_until

LAND, TAX = CODES["land"], CODES["tax"]


@pytest.fixture(scope="module")
def world():
    made = World("--parcels", "40", environment={"LT_ROUTER_EXTRA": "delivery: {seal_wait: 2 s}"})
    yield made
    made.close()


def lt(world, *words):
    done = subprocess.run([world.settings["LT"], *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lose_the_keys(world, code):
    """CODE has new keys, and of the old ones of encryption nothing is left: not with the agency, and not in the directory."""
    folder = pathlib.Path(world.folder, "keys")
    lt(world, "keys", "issue", str(folder), "--agency", code, "--name", "Tax", "--renew")
    for before in folder.glob(f".{code}.before-*"):
        shutil.rmtree(before)
    known = pathlib.Path(world.folder, "certificates")   # what it signed before is proved by the old one
    shutil.copy(folder / code / "sign.pem", known / f"{code}.new-{len(list(known.iterdir()))}.pem")
    owner = folder.stat()
    for path in [*folder.rglob("*"), *pathlib.Path(world.folder, "certificates").glob("*")]:
        shutil.chown(path, owner.st_uid, owner.st_gid)
    for name in CODES:
        if world.running(name):
            os.kill(int(pathlib.Path(world.folder, "run", f"{name}.pid").read_text()), signal.SIGHUP)
    world.rows("router", "UPDATE agency_key k SET revoked_at = now() FROM agency_code c WHERE c.agency = k.agency AND c.code = %s"
                         " AND purpose = 'encrypt' RETURNING 1", code)
    lt(world, "agencies", "apply", str(pathlib.Path(world.folder, "conf", "directory.yaml")), "--database", world.settings["ROUTER_DATABASE"])


def waiting(world, dossier):
    return world.rows("router", "SELECT type, unsealed FROM outbox WHERE dossier = %s AND state = 'waiting' AND unsealed IS NOT NULL", dossier.id)


def seals(world, dossier, code):
    return world.one("router", "SELECT count(*) FROM event e JOIN agency_code c ON c.agency = e.agency WHERE e.dossier = %s AND e.kind = 14"
                               " AND c.code = %s", dossier.id, code)


def test_what_was_sealed_to_a_lost_key_is_sealed_anew(world):
    world.stop("tax")
    dossier = world.submit()
    dossier.accept()
    wait_until("the slip is on its way", lambda: world.one(
        "router", "SELECT count(*) FROM outbox WHERE dossier = %s AND type = 'tax.obligation.determine' AND state = 'waiting'", dossier.id))
    lose_the_keys(world, TAX)
    world.start("tax")
    dossier.reach(6, seconds=60)
    assert seals(world, dossier, LAND) == 1
    dossier.pay()
    dossier.deliver()
    dossier.ended()
    assert world.one("router", "SELECT count(*) FROM incident WHERE dossier = %s", dossier.id) == 0


def test_an_author_that_is_away(world):
    world.stop("tax")
    dossier = world.submit()
    dossier.accept()
    wait_until("the slip is on its way", lambda: world.one(
        "router", "SELECT count(*) FROM outbox WHERE dossier = %s AND type = 'tax.obligation.determine' AND state = 'waiting'", dossier.id))
    world.stop("land")
    lose_the_keys(world, TAX)
    world.start("tax")
    wait_until("it waits for the seal", lambda: waiting(world, dossier) == [("tax.obligation.determine", f"transfer-slip of {LAND}")])
    incident = wait_until("it is an incident", lambda: world.rows(
        "router", "SELECT c.code, i.cause FROM incident i JOIN agency_code c ON c.agency = i.agency WHERE i.dossier = %s AND i.closed_at IS NULL",
        dossier.id))
    assert incident[0][0] == LAND and "cannot open transfer-slip" in incident[0][1], incident
    assert "unsealed" in lt(world, "dossier", "show", str(dossier.id), "--database", world.settings["ROUTER_DATABASE"])
    with Agent(world, "land") as land:   # by the Python of these tests, with stock OpenSSL
        land.delivery("dossier.reseal", dossier.id)
        land.wait("the seal is taken", lambda: seals(world, dossier, LAND) == 1)
    world.start("land")
    dossier.reach(6, seconds=60)
    wait_until("the incident is closed", lambda: world.one(
        "router", "SELECT count(*) FROM incident WHERE dossier = %s AND closed_at IS NULL", dossier.id) == 0)
    dossier.pay()
    dossier.deliver()
    dossier.ended()
    world.check_invariants()
