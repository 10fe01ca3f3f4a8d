"""Every shipped procedure carried by the running system from its definition alone: a router and a database, and for each role an
agency on the real wire that knows no procedure. What the pretended agencies of a scenario say, these say; the timeline that comes
of it must be the simulated one: the same elements, facts, parts, refusals, deliveries and statuses, in the same order."""
import collections
import json
import subprocess
import time
import uuid
import xml.etree.ElementTree as xml
from types import SimpleNamespace

import pytest
from agent import Agent, envelope, wire
from neighbours import texts

from world import BUILD, ROOT, World

WORKFLOWS = ROOT / "deploy" / "workflows"
LT = str(BUILD / "bin" / "lt")
OURS = "{urn:lienthong:bpmn:1}"
AGENTS = {"desk": "intake", "land": "land", "tax": "tax", "police": "police", "payment": "payment", "postal": "postal",
          "repository": "repository", "portal": "portal"}
# What needs time to pass, a line to break, or an operator is told elsewhere (test_clock, tests/faults).
REPLAYED = {"opened", "receipt", "answer", "message", "refused", "impossible"}
# Of those whose roles this world has; nobody is here for a bank, or a department.
SCENARIOS_MIN = {"land-transfer": 20, "certificate-exchange": 10, "mortgage-registration": 8}


class Procedure:
    def __init__(self, path):
        self.path, self.name = path, path.stem
        tree = xml.parse(path)
        self.code = tree.find(f".//{OURS}procedure").get("code")
        self.types = {f.get("name"): f.get("type") for f in tree.iter(OURS + "fact")}
        self.parts = {p.get("name"): (p.get("type"), p.get("readers").split()) for p in tree.iter(OURS + "part")}
        self.results = json.loads(subprocess.run([LT, "simulate", str(path), "--json"], capture_output=True, text=True, check=True).stdout)

    def stories(self):
        for result in self.results:
            timeline = result["timeline"]
            outs = [o for e in timeline["events"] for o in e["out"]]
            people = {e["agency"] for e in timeline["events"]} | {o["agency"] for o in outs}
            if any(o.get("received") != o["created"] for o in outs):
                continue
            if {e["kind"] for e in timeline["events"]} <= REPLAYED and people <= set(AGENTS) and timeline["ended"]:
                yield result["scenario"], timeline


@pytest.fixture(scope="module")
def stage():
    """A world whose agencies have no programs: agents play them all."""
    world = World("--parcels", "10")
    world.stop(*AGENTS.values())
    for path in sorted(WORKFLOWS.glob("*.bpmn")):
        subprocess.run([world.settings["LT"], "deploy", str(path), "--database", world.settings["ROUTER_DATABASE"], "--calendar", "vn", "--grant"],
                       capture_output=True, text=True, check=True)
    time.sleep(2)  # routers look for new definitions once a second
    agents = {role: Agent(world, name) for role, name in AGENTS.items()}
    yield SimpleNamespace(world=world, agents=agents)
    for agent in agents.values():
        agent.close()
    world.check_invariants()
    world.close()


PROCEDURES = [Procedure(path) for path in sorted(WORKFLOWS.glob("*.bpmn"))]
STORIES = [(p, name, timeline) for p in PROCEDURES for name, timeline in p.stories()]


class Play:
    """One scenario on the stage."""

    def __init__(self, stage, procedure, timeline):
        self.stage, self.procedure, self.timeline = stage, procedure, timeline
        self.answered, self.dossier = set(), None

    def fact(self, name, value):
        if self.procedure.types[name] == "list":
            return texts(*value)
        return envelope.Value(decimal=value) if self.procedure.types[name] == "decimal" else \
            envelope.Value(date=value) if self.procedure.types[name] == "date" else value

    def said(self, event):
        """Facts and parts as the scenario has them; what a part holds matters to nobody here."""
        parts = []
        for part in event["parts"]:
            full_name, readers = self.procedure.parts[part["name"]]
            content = message_class(full_name)()
            parts.append((part["name"], content, readers))
        return {"facts": {n: self.fact(n, v) for n, v in event["facts"].items()}, "parts": parts,
                "purpose": envelope.Purpose(procedure=self.procedure.code, officer="D-007")}

    def pump(self):
        for agent in self.stage.agents.values():
            agent.pump()

    def task(self, agent, operation):
        """The oldest delivery of OPERATION that is not answered yet."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            self.pump()
            for d in agent.deliveries:
                if d.type == operation and d.dossier == self.dossier and d.id not in self.answered and \
                        d.header.kind == envelope.MessageKind.Value("MESSAGE_KIND_TASK"):
                    return d
        raise AssertionError(f"{operation} is not delivered")

    def message(self, event):
        agent = self.stage.agents[event["agency"].split("@")[0]]
        if event["node"] == self.timeline["events"][0]["node"]:
            made = agent.submission(procedure=self.procedure.code, **self.said(event))
            self.dossier = uuid.UUID(bytes=made.header.dossier_id)
            return agent, made, None
        if event["step"]:
            delivery = self.task(agent, event["type"])
            error = {"error": event["error"]} if event["error"] else {}
            return agent, agent.answer(delivery, **self.said(event), **error), delivery
        return agent, agent.event(self.dossier, event["type"], **self.said(event)), None

    def act(self, event):
        agent, made, delivery = self.message(event)
        fate = agent.exchange(made)
        if event["kind"] == "refused":
            assert fate.code == event["detail"].split(":")[0], (event, fate)
            return
        assert fate.code == "ACKNOWLEDGED", (event["node"], event["kind"], fate)
        if delivery:
            self.answered.add(delivery.id)

    def receive(self, receipts):
        """What was delivered until here is received by its agencies before anything else is said."""
        until = time.monotonic() + 20
        while self.count("receipt") < receipts:
            self.pump()
            assert time.monotonic() < until, "a receipt is missing"

    def count(self, kind):
        numbers = {"receipt": 1}
        return self.stage.world.one("router", "SELECT count(*) FROM event WHERE dossier = %s AND kind = %s", str(self.dossier), numbers[kind])

    def run(self):
        receipts = 0
        for event in self.timeline["events"]:
            if event["kind"] == "receipt":
                receipts += 1
                continue
            if event["kind"] == "impossible":  # the router's own, beside the refusal before it
                continue
            if self.dossier:
                self.receive(receipts)
            self.act(event)
        self.receive(receipts)
        return self.stage.world.shown(SimpleNamespace(code=str(self.dossier)))


def message_class(full_name):
    name = full_name.rsplit(".", 1)[1]
    for module in ("intake", "land", "tax", "police", "payment", "postal", "repository", "portal"):
        found = getattr(wire.compiled(module), name, None)
        if found is not None:
            return found
    raise AssertionError(f"{full_name} is not in proto/")


def story(timeline):
    """(what, where, facts, parts, what went out) of each event; receipts, which come side by side, in blocks by name."""
    blocks, receipts = [], []
    for event in timeline["events"]:
        if event["kind"] == "refused":
            continue
        out = sorted((o["kind"], o["type"], str(o.get("status_told")), str(o.get("status_before"))) for o in event["out"])
        if event["kind"] == "receipt":
            receipts.append((event["node"], out))
            continue
        blocks.extend([sorted(receipts)] if receipts else [])
        receipts = []
        facts = {n: v for n, v in event.get("facts", {}).items()}
        blocks.append((event["kind"], event["node"], event["status"], facts, sorted(p["name"] for p in event.get("parts", [])), out))
    return blocks + ([sorted(receipts)] if receipts else [])


@pytest.mark.parametrize("procedure, name, timeline", STORIES, ids=[f"{p.name}: {name}" for p, name, _ in STORIES])
def test_the_running_system_tells_the_simulated_story(stage, procedure, name, timeline):
    play = Play(stage, procedure, timeline)
    told = play.run()
    assert told["procedure"] == procedure.code and told["status"] == timeline["status"]
    for number, (was, wanted) in enumerate(zip(story(told), story(timeline))):
        assert was == wanted, f"block {number}"
    assert len(story(told)) == len(story(timeline))


def test_enough_is_replayed():
    counted = collections.Counter(p.name for p, _, _ in STORIES)
    assert all(counted[n] >= least for n, least in SCENARIOS_MIN.items()), counted
