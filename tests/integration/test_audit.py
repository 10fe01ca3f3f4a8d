"""Whatever lt changes leaves a row: who, from where, what, on what, and what came of it; failed tries too. What cannot be recorded is not done."""
import getpass
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess

import psycopg2
import pytest

from operators import Operator

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFINITION = pathlib.Path(__file__).parent / "procedures" / "watering.bpmn"
# Commands that change nothing.
READS = {"lint", "simulate", "form", "dossier", "incidents", "ledger", "demo", "queries", "operations"}
# Further ones are tried below, or by the test that is named.
ELSEWHERE = {"rights": "test_rights.py", "evidence": "test_evidence.py"}


class Audited:
    def __init__(self, world, folder):
        self.world, self.folder = world, folder
        self.database = world.settings["ROUTER_DATABASE"]
        self.operator = Operator(world)

    def lt(self, *words, given=None, **environment):
        return subprocess.run([self.world.settings["LT"], *map(str, words)], capture_output=True, text=True, input=given,
                              env={**os.environ, "LIENTHONG_OPERATOR": self.world.settings["OPERATOR"], **environment})

    def acts(self, database="router"):
        return self.world.rows(database, "SELECT who, source, act, object, outcome FROM account.act ORDER BY number")

    def recorded(self, words, act, about, outcome, status, database="router", asked=True, given=None):
        """One command leaves its rows, and no other."""
        before = self.acts(database)
        to = self.database if database == "router" else self.database.replace("router", database)
        done = self.lt(*words, "--database", to, given=given)
        assert done.returncode == status, (words, done.stderr, done.stdout)
        rows = self.acts(database)[len(before):]
        assert [(r[2], r[4]) for r in rows] == ([(act, "asked")] if asked else []) + [(act, outcome)], (words, rows)
        for who, source, _, what, _ in rows:
            assert who == f"lt:{getpass.getuser()}" and source == f"command line, {socket.gethostname()}", rows
            assert re.fullmatch(about, what), rows
        return done


@pytest.fixture(scope="module")
def audited(world, tmp_path_factory):
    return Audited(world, tmp_path_factory.mktemp("audit"))


def test_every_command_is_known_here(audited):
    """A new one is recorded unless audit.c says that it only reads: say here, too, what it does."""
    names = set(re.findall(r"^  (\w+) ", audited.lt("--help").stdout, re.M))
    tried = {"keys", "account", "migrate", "agencies", "calendar", "deploy", "schedule", "retry", "correct", "skip", "resend", "abort"}
    assert names - READS - tried - set(ELSEWHERE) == set()
    assert all((pathlib.Path(__file__).parent / f).exists() for name, f in ELSEWHERE.items() if name in names)


def test_acts_on_the_routers_database(audited):
    folder, conf = audited.folder, pathlib.Path(audited.world.folder, "conf")
    calendar = next((ROOT / "deploy" / "calendar").glob("*.yaml"))
    identity = re.search(r"^id: *(\S+)", calendar.read_text(), re.M)[1]
    (folder / "bad.bpmn").write_text("<x/>")
    (folder / "bad.yaml").write_text("agencies: [{code: '1'}]\n")
    (folder / "other.yaml").write_text(calendar.read_text() + "# another content\n")
    (folder / "half.yaml").write_text("id: x\n")
    audited.recorded(("migrate",), "lt migrate", "", "done", 0, asked=False)
    for words, act, about, outcome, status in (
            (("agencies", "apply", conf / "directory.yaml"), "lt agencies apply", ".*directory.yaml", "done", 0),
            (("agencies", "apply", folder / "bad.yaml"), "lt agencies apply", ".*bad.yaml", "failed", 1),
            (("agencies", "apply", folder / "none.yaml"), "lt agencies apply", ".*none.yaml", "failed", 1),
            (("agencies", "forget"), "lt agencies forget", "", "wrong use", 2),
            (("calendar", "deploy", calendar), "lt calendar deploy", ".*yaml", "done", 0),
            (("calendar", "deploy", folder / "half.yaml"), "lt calendar deploy", ".*half.yaml", "failed", 1),
            (("deploy", DEFINITION, "--calendar", identity), "lt deploy", f".*watering.bpmn {identity}", "done", 0),
            (("deploy", folder / "bad.bpmn", "--calendar", identity), "lt deploy", ".*bad.bpmn .*", "failed", 1),
            (("deploy", DEFINITION, "--calendar", "none"), "lt deploy", ".*watering.bpmn none", "failed", 1),
            (("deploy", DEFINITION), "lt deploy", ".*watering.bpmn", "wrong use", 2),
            (("schedule", "pause", "X.000910", "--reason", "x"), "lt schedule pause", "X.000910", "done", 0),
            (("schedule", "resume", "X.000910", "--reason", "x"), "lt schedule resume", "X.000910", "done", 0),
            (("schedule", "pause", "X.none", "--reason", "x"), "lt schedule pause", "X.none", "failed", 1)):
        audited.recorded(words, act, about, outcome, status)


def test_reading_leaves_no_row(audited):
    before = audited.acts()
    for words in (("agencies", "list"), ("calendar", "list"), ("schedule", "list"), ("incidents", "list"), ("dossier", "list"), ("account", "list"),
                  ("account", "audit"), ("deploy", "--help"), ("deploy", DEFINITION, "--calendar", "vn", "--dry-run")):
        done = audited.lt(*words, "--database", audited.database)
        assert done.returncode == 0, (words, done.stderr)
    assert audited.acts() == before


def test_operators_commands(audited):
    """Signed, they stand in the ledger, with the officer and the reason; the tries in refusals. Beside that who asked on which machine."""
    d = audited.world.submit()
    d.task("desk.accept")
    for words, act in ((("retry", d.code), "lt retry"), (("correct", d.code, "district=815"), "lt correct"),
                       (("skip", d.code, "accept"), "lt skip"), (("resend", d.code), "lt resend")):
        before = audited.acts()
        done = audited.lt(*words, "--reason", "a secret reason", "--database", audited.database)
        rows = audited.acts()[len(before):]
        outcome = {0: "done", 1: "failed"}[done.returncode]
        assert [(r[2], r[4]) for r in rows] == [(act, "asked"), (act, outcome)], (done.stderr, rows)
        assert all(r[3].startswith(d.code) and "815" not in r[3] and "secret" not in r[3] for r in rows), rows
    audited.recorded(("abort", d.code, "--reason", "over"), "lt abort", d.code, "done", 0)
    event = audited.operator.act(d.code, "abort")
    assert event["officer"] == "Demonstration operator" and "over" in event["detail"], event
    assert audited.world.one("router", "SELECT count(*) FROM refusal WHERE dossier = %s", d.id)


def test_accounts(audited):
    one = ("--full-name", "One", "--roles", "operator")
    for database in ("router", "intake"):
        for words, outcome, given in ((("add", "one", *one), "done", "a good password\n"), (("add", "one", *one), "failed", "a good password\n"),
                                      (("add", "two", *one), "failed", "short\n"), (("passwd", "one"), "done", "another password\n"),
                                      (("passwd", "none"), "failed", "another password\n"), (("lock", "one"), "done", None),
                                      (("unlock", "none"), "failed", None), (("unlock", "one"), "done", None)):
            audited.recorded(("account", *words), f"account {words[0]}", words[1], outcome, 0 if outcome == "done" else 1, database, False, given)
        audited.recorded(("account", "roles", "one", "--roles", "observer"), "account roles observer", "one", "done", 0, database, False)
        audited.recorded(("account", "roles", "none", "--roles", "observer"), "account roles", "none", "failed", 1, database, False)
        assert "password" not in json.dumps([r for r in audited.acts(database) if r[2].startswith("account")]).replace('account passwd', "")


def acts_of(folder):
    """The lines of an authority's record; each follows the one before it."""
    previous, lines = "0" * 64, []
    for line in (folder / "acts").read_bytes().splitlines(keepends=True):
        lines.append(json.loads(line))
        assert lines[-1]["previous"] == previous
        previous = hashlib.sha256(line).hexdigest()
    return lines


def test_keys(audited):
    folder = audited.folder / "authority"
    steps = [(("init", folder), 0, "", "done"), (("init", folder), 1, "", "failed"),
             (("issue", folder, "--agency", "000.77.00.H58", "--name", "New"), 0, "000.77.00.H58 New", "done"),
             (("issue", folder, "--agency", "000.77.00.H58", "--name", "New"), 1, "000.77.00.H58 New", "failed"),
             (("issue", folder, "--agency", "000.77.00.H58", "--name", "New", "--renew"), 0, "000.77.00.H58 New", "done"),
             (("suspend", folder, "--agency", "000.77.00.H58"), 0, "000.77.00.H58", "done"),
             (("resume", folder, "--agency", "000.77.00.H58"), 0, "000.77.00.H58", "done"),
             (("revoke", folder, "--agency", "000.77.00.H58", "--serial", "3", "--reason", "superseded"), 0, "000.77.00.H58 3", "done"),
             (("revoke", folder, "--agency", "000.99.00.H58", "--reason", "superseded"), 1, "000.99.00.H58", "failed"),
             (("issue", folder, "--agency", "000.78.00.H58", "--name", "--dry-run"), 0, "000.78.00.H58 --dry-run", "done"),
             (("vault", folder), 0, "", "done"), (("vault", "--rotate", folder), 0, "", "done"),
             (("crl", folder), 0, "", "done"), (("issue", folder), 2, "", "wrong use")]
    wanted = []
    for words, status, about, outcome in steps:
        done = audited.lt("keys", *words)
        assert done.returncode == status, (words, done.stderr)
        wanted += [] if words[0] == "init" else [(f"lt keys {words[0]}", about, "asked")]
        wanted.append((f"lt keys {words[0]}", about, outcome))
    lines = acts_of(folder)
    assert [(l["act"], l["object"].removeprefix(str(folder)).strip(), l["outcome"]) for l in lines] == wanted
    assert all(l["who"] == f"lt:{getpass.getuser()}" and socket.gethostname() in l["source"] for l in lines)
    audited.lt("keys", "list", folder)
    assert acts_of(folder) == lines and (folder / "acts").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("bend", ["cut", "cut back", "cut all", "change", "leave out", "put in", "half a line", "replace by a link", "take the right"])
def test_a_bent_record_stops_the_authority(audited, bend):
    folder, record = audited.folder / bend, audited.folder / bend / "acts"
    assert audited.lt("keys", "init", folder).returncode == 0
    assert audited.lt("keys", "issue", folder, "--agency", "1", "--name", "One").returncode == 0
    lines = record.read_bytes().splitlines(keepends=True)
    bent = {"cut": lines[:-1], "cut back": lines[:1], "cut all": [],
            "change": lines[:1] + [lines[1].replace(b"asked", b"asket")] + lines[2:], "leave out": lines[:1] + lines[2:],
            "put in": lines[:1] + lines[:1] + lines[1:], "half a line": lines + [b'{"at":']}.get(bend, lines)
    record.write_bytes(b"".join(bent))
    if bend == "replace by a link":
        record.rename(folder / "other")
        record.symlink_to(folder / "other")
    if bend == "take the right":
        record.unlink()
        record.mkdir()
    done = audited.lt("keys", "revoke", folder, "--agency", "1", "--reason", "superseded")
    assert done.returncode == 1 and "record of acts" in done.stderr and not (folder / "revoked").exists(), done.stderr


def test_a_run_that_broke_off_before_the_end_was_kept_stops_nothing(audited):
    folder = audited.folder / "broken off"
    assert audited.lt("keys", "init", folder).returncode == 0
    before = (folder / "acts.last").read_text()
    assert audited.lt("keys", "issue", folder, "--agency", "1", "--name", "One").returncode == 0
    lines = (folder / "acts").read_bytes().splitlines(keepends=True)
    (folder / "acts").write_bytes(b"".join(lines[:2]))
    (folder / "acts.last").write_text(before)
    assert audited.lt("keys", "revoke", folder, "--agency", "1", "--reason", "superseded").returncode == 0


def test_what_cannot_be_recorded_is_not_done(audited):
    world, conf = audited.world, pathlib.Path(audited.world.folder, "conf")
    changed = audited.folder / "changed.yaml"
    changed.write_text((conf / "directory.yaml").read_text().replace("name: Tax agency", "name: Another").replace("../keys", str(conf.parent / "keys")))
    calendar = audited.folder / "calendar.yaml"
    calendar.write_text(re.sub(r"^version: *.*$", "version: 2999", next((ROOT / "deploy" / "calendar").glob("*.yaml")).read_text(), flags=re.M))
    world.rows("router", "ALTER TABLE account.act RENAME TO gone")
    try:
        for words in (("agencies", "apply", changed), ("calendar", "deploy", calendar)):
            done = audited.lt(*words, "--database", audited.database)
            assert done.returncode == 1 and "the record of acts cannot be written" in done.stderr, done.stderr
        assert world.one("router", "SELECT count(*) FROM agency WHERE name = 'Another'") == 0
        assert world.one("router", "SELECT count(*) FROM calendar WHERE version = 2999") == 0
        signed = audited.lt("schedule", "pause", "X.000910", "--reason", "x", "--database", audited.database)
        assert signed.returncode == 0, "the ledger records it: " + signed.stderr
    finally:
        world.rows("router", "ALTER TABLE account.gone RENAME TO act")


def test_rows_stay(audited):
    """Append-only, also for who owns the table and for the service."""
    before = audited.acts()
    for user in ("lt_router", "lienthong"):
        with psycopg2.connect(host=audited.world.settings["DATABASE_HOST"], dbname="lt_router", user=user) as connection:
            for sql in ("UPDATE account.act SET who = 'nobody'", "DELETE FROM account.act", "TRUNCATE account.act"):
                with connection.cursor() as cursor, pytest.raises(psycopg2.Error):
                    cursor.execute(sql)
                connection.rollback()
    assert audited.acts() == before


def test_the_record_is_shown(audited):
    listed = json.loads(audited.lt("account", "audit", "--limit", "1000", "--json", "--database", audited.database).stdout)
    assert [(a["who"], a["source"], a["act"], a["object"], a["outcome"]) for a in reversed(listed)] == audited.acts()
    shutil.rmtree(audited.folder / "authority")
