"""A dossier's evidence from a running world of two routers with a real authority of time stamps: exported, verified by lt and by
deploy/verify-evidence.sh, bent in each of its entries, and after a key was revoked."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import pytest
from agent import CODES
from operators import Operator

from world import ROOT, World, wait_until

sys.path.insert(0, str(ROOT / "tests" / "conformance"))
from evidence_file import Container, digests_made_anew  # noqa: E402

SCRIPT = ROOT / "deploy" / "verify-evidence.sh"
TAX = CODES["tax"]


@pytest.fixture(scope="module")
def stamps():
    """An authority of time stamps; the address where it answers and its certificate."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lt-stamps-"))
    folder.chmod(0o755)
    process = subprocess.Popen([sys.executable, str(ROOT / "tests" / "unit" / "router" / "authority.py"), str(folder)])
    wait_until("the authority of time stamps", (folder / "port").exists)
    yield f"http://127.0.0.1:{(folder / 'port').read_text().strip()}/", folder / "ca.pem"
    process.kill()
    process.wait()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def world(stamps):
    url, certificate = stamps
    extra = f"revocation: {{list: ../keys/ca.crl}}\ntimestamp: {{url: \"{url}\", authority: {certificate}, every: 1s}}"
    made = World("--routers", "2", "--split", "--parcels", "40", environment={"LT_ROUTER_EXTRA": extra})
    lt(made, "keys", "crl", key(made))
    yield made
    made.close()


def key(world, *below):
    return str(pathlib.Path(world.folder, "keys", *below))


def lt(world, *words, status=0):
    done = subprocess.run([world.settings["LT"], *map(str, words)], capture_output=True, text=True)
    assert done.returncode == status, done.stderr + done.stdout
    owner = pathlib.Path(world.folder, "keys").stat()
    for path in pathlib.Path(world.folder, "keys").rglob("*"):
        os.chown(path, owner.st_uid, owner.st_gid)
    return done.stdout + done.stderr


def stamped(world):
    return world.one("router", "SELECT bool_and(height <= coalesce((SELECT max(s.height) FROM block_stamp s WHERE s.chain = h.chain), 0))"
                               " FROM (SELECT chain, max(height) AS height FROM block GROUP BY chain) h")


@pytest.fixture(scope="module")
def operator(world):
    return Operator(world)


@pytest.fixture(scope="module")
def exported(world, operator, tmp_path_factory):
    """A land transfer to its end, all of it under time stamps, and its evidence."""
    dossier = world.submit().happy()
    wait_until("all is stamped", lambda: stamped(world))
    path = tmp_path_factory.mktemp("evidence") / "file.asice"
    operator.done("evidence", "export", dossier.code, "--reason", "asked for by the court of Mỹ Tho", "--crl", key(world, "ca.crl"),
                  "--output", path)
    return dossier, path


class Verifier:
    """Both ways to verify, which must agree."""

    def __init__(self, world, stamps, folder):
        self.world, self.folder = world, folder
        self.trust = ["--authority", key(world, "ca.pem"), "--stamp-authority", str(stamps[1])]
        self.number = 0

    def both(self, path, *options):
        words = [str(path), *(options or self.trust)]
        own = subprocess.run([self.world.settings["LT"], "evidence", "verify", *words], capture_output=True, text=True)
        script = subprocess.run(["bash", str(SCRIPT), *words], capture_output=True, text=True)
        return own, script

    def holds(self, path, *options):
        own, script = self.both(path, *options)
        assert own.returncode == 0 and "ALL OF IT HOLDS" in own.stdout, own.stderr
        assert script.returncode == 0 and "ALL OF IT HOLDS" in script.stdout, script.stderr + script.stdout
        assert own.stdout == script.stdout
        return own.stdout, script.stdout

    def fails(self, path, says, *options):
        own, script = self.both(path, *options)
        assert own.returncode == 1 and says in own.stderr, own.stderr + own.stdout
        assert script.returncode == 1 and "ALL OF IT HOLDS" not in script.stdout and script.stderr, script.stderr
        return own.stderr, script.stderr

    def bent(self, container):
        self.number += 1
        path = self.folder / f"bent-{self.number}.asice"
        path.write_bytes(container.bytes())
        return path


@pytest.fixture
def verifier(world, stamps, tmp_path):
    return Verifier(world, stamps, tmp_path)


def test_a_land_transfer_is_proved(world, exported, verifier):
    dossier, path = exported
    own, script = verifier.holds(path)
    for told in (own, script):
        assert dossier.code in told and dossier.id in told and "1.013831" in told
        assert "asked for by the court of Mỹ Tho" in told and "Demonstration operator" in told
        assert "status 10 handed over" in told and "tax.obligation.determine" in told and "Tax agency" in told
        assert "chain 1" in told and "chain 2" in told
    count = world.one("router", "SELECT count(*) FROM event WHERE dossier = %s", dossier.id)
    assert f"over {count} of {count} events" in own
    assert oct(path.stat().st_mode & 0o777) == "0o600"


def test_stock_tools_unpack_it(exported, tmp_path):
    _, path = exported
    assert subprocess.run(["unzip", "-tq", str(path)], capture_output=True).returncode == 0
    names = subprocess.run(["unzip", "-Z1", str(path)], capture_output=True, text=True).stdout.splitlines()
    assert names[0] == "mimetype" and "META-INF/ASiCManifest.xml" in names


def test_the_export_is_recorded(world, operator, exported):
    dossier, _ = exported
    acts = world.rows("router", "SELECT who, act, object, outcome FROM account.act WHERE act LIKE '%evidence%' ORDER BY number")
    assert [a[3] for a in acts[:3]] == ["asked", "begun", "done"] and acts[0][1] == acts[2][1] == "lt evidence export"
    assert "Demonstration operator of 000.09.00.H58" in acts[1][0] and dossier.id in acts[1][2] and "court of Mỹ Tho" in acts[1][2]
    assert "evidence export" in operator.done("account", "audit")


def test_a_sealed_part_opens_for_whom_it_is_sealed(world, exported, tmp_path):
    _, path = exported
    container = Container(path.read_bytes())
    lines = [line.split() for line in container["index.txt"].decode().splitlines() if line.startswith("part ")]
    slips = [line for line in lines if line[3] == "transfer-slip" and line[5] == "sealed"]
    assert slips
    number, at, size = slips[0][1], int(slips[0][7]), int(slips[0][9])
    (tmp_path / "part").write_bytes(container[f"messages/{number}.envelope"][at:at + size])

    def opened(code):
        return subprocess.run(["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(tmp_path / "part"), "-inkey",
                               key(world, code, "encrypt.key"), "-recip", key(world, code, "encrypt.pem")], capture_output=True)
    assert opened(TAX).returncode == 0 and len(opened(TAX).stdout) > 16
    assert opened(CODES["police"]).returncode != 0


def test_without_anchors_it_is_not_proved(verifier, exported, stamps):
    _, path = exported
    authority = verifier.trust[:2]
    verifier.fails(path, "IT AGREES WITH ITSELF, BUT IS NOT PROVED", "--without-stamps")
    verifier.fails(path, "BUT IS NOT PROVED. Who made the time stamps", *authority)
    verifier.holds(path, *authority, "--without-stamps")
    verifier.fails(path, "is of an authority that is not the given one", "--authority", str(stamps[1]), "--without-stamps")
    verifier.fails(path, "does not vouch for the time stamp", *authority, "--stamp-authority", authority[1])


def flip(content, at=None):
    at = len(content) // 2 if at is None else at
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]


def test_every_entry_bent_is_found(exported, verifier):
    """By somebody who makes the digests of the container and of the manifest anew, and cannot sign it."""
    _, path = exported
    original = Container(path.read_bytes())
    kinds = {}
    for name in original.names():
        kinds.setdefault("".join("N" if c.isdigit() else c for c in name) if "certificates" not in name else "certificate", name)
    assert len(kinds) >= 12
    for name in kinds.values():
        container = Container(path.read_bytes())
        container[name] = flip(container[name]) if container[name] else b"x"
        if name not in ("META-INF/ASiCManifest.xml", "META-INF/signature.value", "mimetype"):
            verifier.fails(verifier.bent(container), f"{name} does not have the digest that the manifest says")
            digests_made_anew(container)
        verifier.fails(verifier.bent(container), "")


def test_no_file_of_another_time(world, operator, tmp_path, exported):
    dossier, path = exported
    words = ["evidence", "export", dossier.code, "--crl", key(world, "ca.crl")]
    assert "is there already" in operator.refused(*words, "--reason", "again", "--output", path)
    assert "Give --reason" in operator.refused(*words, "--output", tmp_path / "a", status=2)
    assert "no dossier has the code or id" in operator.refused("evidence", "export", "NO-SUCH", "--reason", "x", "--without-revocation",
                                                               "--output", tmp_path / "b")
    unknown = "019a0000-0000-8000-8000-000000000000"
    assert "no dossier has the id" in operator.refused("evidence", "export", unknown, "--reason", "x", "--without-revocation",
                                                       "--output", tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


def test_a_bent_record_is_not_exported(world, operator, exported, tmp_path):
    dossier, _ = exported
    world.rows("router", "UPDATE event SET detail = 'another' WHERE dossier = %s AND sequence = 3", dossier.id)
    try:
        said = operator.refused("evidence", "export", dossier.id, "--reason", "x", "--without-revocation", "--output", tmp_path / "a")
        assert "event 3: it does not have the digest that it says" in said and list(tmp_path.iterdir()) == []
    finally:
        world.rows("router", "UPDATE event SET detail = '' WHERE dossier = %s AND sequence = 3", dossier.id)


def test_under_way_and_without_a_time_stamp(world, operator, stamps, verifier, tmp_path):
    world.rows("router", "CREATE TABLE kept_stamp AS TABLE block_stamp")
    dossier = world.submit()
    dossier.task("desk.accept")
    path = tmp_path / "file"
    world.rows("router", "DELETE FROM block_stamp")
    try:
        operator.done("evidence", "export", dossier.id, "--reason", "a complaint", "--crl", key(world, "ca.crl"), "--output", path)
    finally:
        world.rows("router", "INSERT INTO block_stamp TABLE kept_stamp ON CONFLICT DO NOTHING; DROP TABLE kept_stamp")
    if b"stamp yes" not in path.read_bytes():
        verifier.fails(path, "event 000001: no time stamp is over its block")
    verifier.holds(path, *verifier.trust[:2], "--without-stamps")


def test_what_was_signed_before_a_revocation_stays_good(world, operator, verifier, exported, tmp_path):
    dossier, path = exported
    time.sleep(1.1)
    lt(world, "keys", "revoke", key(world), "--agency", TAX, "--reason", "keyCompromise")
    own, _ = verifier.holds(path, *verifier.trust, "--crl", key(world, "ca.crl"))
    assert "REVOKED since" in own and "what was signed before counts" in own
    again = tmp_path / "again"
    operator.done("evidence", "export", dossier.code, "--reason", "appeal", "--crl", key(world, "ca.crl"), "--output", again)
    assert "REVOKED since" in verifier.holds(again)[1]
    backdated = pathlib.Path(key(world, "revoked")).read_text()
    pathlib.Path(key(world, "revoked")).write_text("".join(
        line.replace(line.split()[2], "2026-01-01T00:00:00Z") + "\n" if line.endswith(TAX) else line + "\n"
        for line in backdated.splitlines()))
    lt(world, "keys", "crl", key(world))
    told, _ = verifier.fails(path, "the key of " + TAX + " was revoked (keyCompromise) since 2026-01-01", *verifier.trust, "--crl",
                             key(world, "ca.crl"))
    assert "event 0000" in told
