"""The router learns no one: marked identifiers (numbers, names, addresses, telephones, the land plot, tax numbers, the payment) go through a
whole land transfer, and then there is not one of them in the router's database, its log, or its memory, in any usual writing. That the search
would find them shows by what is planted openly."""
import base64
import os
import pathlib
import subprocess
import unicodedata
import uuid

import pytest
from agent import Agent
from neighbours import department, deploy, join

from world import World, application, wait_until

MARK = uuid.uuid4().hex[:10].upper()   # of this run: nothing else in the machine has it
OPEN_PROCEDURE = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:lt="urn:lienthong:bpmn:1" id="d">
    <bpmn:message id="m" name="submission"/>
    <bpmn:process id="notice" name="A notice that anybody may read" isExecutable="true">
        <bpmn:extensionElements>
            <lt:procedure code="X.000777" opened-by="desk" inform="desk"/>
            <lt:part name="notice" type="lienthong.v1.Question" readers="desk" authors="desk" open="true" reason="it is published"/>
        </bpmn:extensionElements>
        <bpmn:laneSet id="l"><bpmn:lane id="lane" name="desk"><bpmn:flowNodeRef>s</bpmn:flowNodeRef><bpmn:flowNodeRef>t</bpmn:flowNodeRef>
            <bpmn:flowNodeRef>e</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
        <bpmn:startEvent id="s" lt:returns="notice" lt:status="1"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>
        <bpmn:userTask id="t" lt:operation="notice.look" lt:receives="notice" lt:budget="1 wd"/>
        <bpmn:endEvent id="e" lt:status="3"/>
        <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="t"/><bpmn:sequenceFlow id="g" sourceRef="t" targetRef="e"/>
    </bpmn:process>
</bpmn:definitions>
"""


@pytest.fixture(scope="module")
def world():
    made = World("--parcels", "60")
    yield made
    made.close()


# --- searching ---

def writings(marker):
    """What MARKER may look like: its bytes in several encodings; bytes are looked for as they are."""
    if isinstance(marker, bytes):
        return {marker: "as it is"}
    found = {}
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, marker)
        utf8 = text.encode()
        found |= {utf8: "UTF-8", text.encode("utf-16-le"): "UTF-16", text.encode("utf-16-be"): "UTF-16",
                  utf8.hex().encode(): "hex", utf8.hex().upper().encode(): "hex"}
        for skipped in range(3):   # wherever it stands in what is written in groups of three
            inner = base64.b64encode(b"\0" * skipped + utf8).rstrip(b"=")
            inner = inner[{0: 0, 1: 2, 2: 3}[skipped]:len(inner) - (1 if (len(utf8) + skipped) % 3 else 0)]
            found |= {inner: "base64", inner.replace(b"+", b"-").replace(b"/", b"_"): "base64"}
    return found


class Search:
    """For many markers at once."""

    def __init__(self, markers):
        self.names = {bytes_: (name, how) for name, marker in markers.items() for bytes_, how in writings(marker).items()}
        assert all(len(bytes_) >= 7 for bytes_ in self.names), "a marker that is too short is found by chance"

    def __call__(self, data):
        return {self.names[bytes_] for bytes_ in self.names if bytes_ in data}


def in_database(world, search):
    """All tables: once as pg_dump writes them, once each value by itself, bytea as bytes."""
    dump = subprocess.run(["pg_dump", "-h", world.settings["DATABASE_HOST"], "-U", "lienthong", "lt_router"], capture_output=True, check=True)
    found = {(*hit, "dump") for hit in search(dump.stdout)}
    tables = [r[0] for r in world.rows("router", "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                                                 " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")]
    assert len(tables) > 20
    values = 0
    for table in tables:
        for row in world.rows("router", f"SELECT * FROM {table}"):
            for value in row:
                values += value is not None
                data = bytes(value) if isinstance(value, memoryview) else str(value).encode()
                found |= {(*hit, table) for hit in search(data)}
    assert values > 1000
    return found


def in_log(world, search):
    data = b"".join(path.read_bytes() for path in pathlib.Path(world.folder, "log").glob("router-*.log"))
    assert b"ROUTER-READY" in data
    return {(*hit, "log") for hit in search(data)}


def in_memory(world, search):
    """All that the router's process can read of itself, as a dump of it would have."""
    pid = int(pathlib.Path(world.folder, "run", "router-1.pid").read_text())
    found, size, tail = set(), 0, b""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights, *_ = line.split()
            if "r" not in rights or line.endswith(("[vvar]", "[vsyscall]", "[vdso]")):
                continue
            at, end = (int(x, 16) for x in place.split("-"))
            while at < end:
                try:
                    memory.seek(at)
                    data = memory.read(min(end - at, 1 << 20))
                except OSError:   # gone meanwhile
                    break
                if not data:
                    break
                if data.strip(b"\0"):   # most of it was never written to
                    found |= {(*hit, "memory") for hit in search(tail + data)}
                size, at, tail = size + len(data), at + len(data), data[-400:]
            tail = b""
    assert size > 20 << 20, "that is no whole process"
    return found


def everywhere(world, search):
    return in_database(world, search) | in_log(world, search) | in_memory(world, search)


# --- planting ---

def planted(i):
    """The application for parcel I and its markers. What the registers check is theirs: names, numbers, the plot."""
    body = application(i)
    markers = {}
    for who in ("applicant", "transferee"):
        body[who] |= {"address": f"{who} street {MARK} 12", "telephone": f"09{abs(hash(who + MARK)) % 10**8:08}", "email": f"{who}.{MARK}@example.org"}
        markers |= {f"{who} {key}": body[who][key] for key in ("personal_number", "full_name", "tax_number", "address", "telephone", "email")}
    body["contract"]["number"] = f"CONTRACT-{MARK}"
    body["documents"][0]["name"] = f"Transfer contract {MARK}"
    body["delivery"] |= {"name": f"Receiver {MARK}", "address": f"Receiver's house {MARK}", "telephone": "0977" + str(int(MARK, 16))[:6]}
    markers |= {"contract": body["contract"]["number"], "certificate": body["certificate_serial"], "document": body["documents"][0]["name"],
                "delivery name": body["delivery"]["name"], "delivery address": body["delivery"]["address"],
                "delivery telephone": body["delivery"]["telephone"],
                "plot": b"2\x04" + body["parcel"].encode() + b":"}   # as Application has it; the plot alone is too short to be looked for
    assert len(body["parcel"]) == 4
    return body, markers


def test_no_identifier_reaches_the_router(world):
    body, markers = planted(57)
    search = Search(markers)
    dossier = world.submit(body)
    assert in_memory(world, search) == set(), "right after it was taken"
    dossier.accept()
    dossier.reach(6)
    for notice in dossier.notices():
        markers[f"payment {notice['reference']}"] = world.pay(notice["reference"], notice["amount"])
        markers[f"reference {notice['reference']}"] = notice["reference"]
        markers[f"notice {notice['reference']}"] = notice["number"]
    assert len(markers) >= 25
    assert in_memory(world, Search(markers)) == set(), "while it is paid"
    world.postal("POST", f"/items/{dossier.item()}/events", {"kind": "pickup", "place": "My Tho"})
    signer = f"Signer {MARK}"
    for event in ("transit", "delivered"):
        assert world.postal("POST", f"/items/{dossier.item()}/events", {"kind": event, "place": f"Place {MARK}", "signer": signer}).status == 200
    markers |= {"signer": signer, "place": f"Place {MARK}", "new certificate": dossier.serial()}
    dossier.reach(10)
    dossier.ended()
    # It was no empty run: each agency has its own in plain text, and the sealed parts went through here.
    assert world.one("router", "SELECT count(*) FROM part WHERE dossier = %s", dossier.id) >= 10
    assert everywhere(world, Search(markers)) == set()


def test_the_search_finds_what_is_planted_openly(world):
    """In the same places: a fact's text, an open part, and what a log line quotes."""
    markers = {"gap": f"gap of {MARK}", "notice": f"open notice {MARK}", "software": f"software {MARK}"}
    search = Search(markers)
    assert everywhere(world, search) == set()
    dossier = world.submit(application(58))
    answer = dossier.answer("desk.accept", decision="supplement", gaps=[markers["gap"]], stage="acceptance", legal_basis="article 1", approver="D-007")
    assert answer.status == 200, answer
    dossier.reach(5)
    definition = pathlib.Path(world.folder, "open.bpmn")
    definition.write_text(OPEN_PROCEDURE)
    deploy(world, definition)
    join(world, {"000.77.00.H58": "desk@elsewhere"})
    with Agent(world, "000.77.00.H58", hello=False) as agent:
        agent.hello(software=markers["software"])
        agent.wait("a welcome", lambda: agent.welcome or agent.ended)
        said = agent.submission(procedure="X.000777", seal=False,
                                parts=[("notice", department.Question(text=markers["notice"]), ["desk"])])
        fate = agent.exchange(said)
        assert fate.code == "ACKNOWLEDGED", fate
        found = wait_until("all are found", lambda: (f := everywhere(world, search)) and len({x[0] for x in f}) == 3 and f)
    places = {(name, "memory" if place == "memory" else "log" if place == "log" else "database") for name, how, place in found}
    assert places >= {("gap", "database"), ("gap", "memory"), ("notice", "database"), ("notice", "memory"), ("software", "log")}, found


@pytest.mark.parametrize("how", ["UTF-8", "UTF-16", "hex", "base64"])
def test_each_writing_is_found(how):
    text = f"Nguyễn Văn {MARK}"
    write = {"UTF-8": lambda b: b, "UTF-16": lambda b: b.decode().encode("utf-16-le"), "hex": lambda b: b.hex().encode(), "base64": base64.b64encode}[how]
    for before in (b"", b"a", b"ab", b"abc"):
        data = os.urandom(100) + write(before + text.encode() + b"tail") + os.urandom(100)
        assert ("name", how) in Search({"name": text})(data), before
