"""Operators: a dossier stands in an incident, and lt frees it by a signed command over the real wire; who has no right to command is
refused. And what a new version of a procedure does to the dossiers that run. Police is played by the agent, with a procedure of
our own beside the shipped one."""
import json
import os
import pathlib
import pty
import shutil
import subprocess
import time
import uuid

import pytest
from agent import Agent, Identity, envelope, session, wire
from operators import Operator

from world import World, wait_until

TESTED = "X.000010"
police = wire.compiled("police")

PROCEDURE = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:lt="urn:lienthong:bpmn:1" id="tested-definitions">
  <bpmn:message id="message-submission" name="submission"/>
  <bpmn:process id="tested" name="A procedure that operators must help" isExecutable="true">
    <bpmn:extensionElements>
      <lt:procedure code="X.000010" opened-by="police"/>
      <lt:fact name="n" type="decimal" setters="police operator"/>
      <lt:fact name="result" type="text" setters="police" values="good bad"/>
      <lt:fact name="settled" type="yes-no" setters="police"/>
    </bpmn:extensionElements>
    <bpmn:laneSet id="lanes"><bpmn:lane id="lane-police" name="police">
      <bpmn:flowNodeRef>start</bpmn:flowNodeRef><bpmn:flowNodeRef>check</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>settle</bpmn:flowNodeRef><bpmn:flowNodeRef>size</bpmn:flowNodeRef><bpmn:flowNodeRef>large</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>merge</bpmn:flowNodeRef><bpmn:flowNodeRef>write</bpmn:flowNodeRef><bpmn:flowNodeRef>end</bpmn:flowNodeRef>
    </bpmn:lane></bpmn:laneSet>
    <bpmn:startEvent id="start" lt:sets="n?" lt:status="1">
      <bpmn:messageEventDefinition id="start-message" messageRef="message-submission"/>
    </bpmn:startEvent>
    <bpmn:serviceTask id="check" name="Check" lt:operation="test.check" lt:sets="result" lt:budget="{budget}" lt:status="2"/>
    <bpmn:exclusiveGateway id="size" default="to-merge"/>
    <bpmn:serviceTask id="large" lt:operation="test.large" lt:budget="1 wd"/>
    <bpmn:exclusiveGateway id="merge"/>
    <bpmn:serviceTask id="settle" lt:operation="test.settle" lt:sets="settled" lt:budget="1 wd"/>
    <bpmn:serviceTask id="write" lt:operation="test.write" lt:requires="settled = true" lt:irrevocable="true" lt:budget="1 wd" lt:status="4" lt:status-on-complete="9"/>
    <bpmn:endEvent id="end"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="check"/>
    <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="size"/>
    <bpmn:sequenceFlow id="to-large" sourceRef="size" targetRef="large"><bpmn:conditionExpression>n &gt; 5</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="to-merge" sourceRef="size" targetRef="merge"/>
    <bpmn:sequenceFlow id="f5" sourceRef="large" targetRef="merge"/>
    <bpmn:sequenceFlow id="f6" sourceRef="merge" targetRef="settle"/>
    <bpmn:sequenceFlow id="f7" sourceRef="settle" targetRef="write"/>
    <bpmn:sequenceFlow id="f8" sourceRef="write" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>
"""


def write_procedure(path, budget="1 wd", change=lambda text: text):
    path.write_text(change(PROCEDURE.replace("{budget}", budget)))
    path.chmod(0o644)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("procedures")


@pytest.fixture(scope="module")
def world(folder):
    made = World("--parcels", "20", "--without", "police",
                 environment={"LT_OFFICER": "Trần Thị Vận Hành", "LT_ROUTER_EXTRA": "delivery: {lease: 2 s, attempts_max: 2}"})
    Operator(made).done("deploy", write_procedure(folder / "tested.bpmn"), "--calendar", calendar(made), "--yes", "--grant")
    yield made
    made.close()


def calendar(world):
    return world.one("router", "SELECT id FROM calendar LIMIT 1")


@pytest.fixture(scope="module")
def agent(world):
    with Agent(world, "police") as honest:
        yield honest


@pytest.fixture
def operator(world):
    return Operator(world)


def open_dossier(agent, n=1, seconds=20, procedure=TESTED):
    """Routers read a new definition within a second or so."""
    until = time.monotonic() + seconds
    while True:
        message = agent.submission(procedure=procedure, facts={} if n is None else {"n": n})
        fate = agent.exchange(message)
        if fate.code != "UNKNOWN_PROCEDURE" or time.monotonic() > until:
            break
        time.sleep(0.2)
    assert fate.code == "ACKNOWLEDGED", fate
    return uuid.UUID(bytes=message.header.dossier_id)


def step(agent, dossier, operation, **facts):
    delivery = agent.delivery(operation, dossier)
    assert agent.exchange(agent.answer(delivery, facts=facts, purpose=purpose())).code == "ACKNOWLEDGED"


def purpose():
    return envelope.Purpose(procedure=TESTED, officer="system")


def refuse(agent, delivery, text="no such thing here"):
    agent.send(refuse=session.Refuse(message_id=delivery.id, code=33, text=text, dossier_id=delivery.dossier.bytes))


def incident(agent, operator, dossier, **wanted):
    found = []

    def there():
        agent.pump(0.02)
        found[:] = operator.incidents(dossier)
        return len(found) == 1
    wait_until(f"one incident of {dossier}", there)
    for key, value in wanted.items():
        assert value in found[0][key], found[0]
    return found[0]


def ended(agent, operator, dossier):
    def over():
        agent.pump(0.02)
        return operator.shown(dossier)["ended"]
    wait_until(f"{dossier} has ended", over)


def finish(agent, operator, dossier):
    step(agent, dossier, "test.settle", settled=True)
    step(agent, dossier, "test.write")
    ended(agent, operator, dossier)


def test_a_condition_that_cannot_be_evaluated_is_corrected(agent, operator):
    d = open_dossier(agent, n=None)
    step(agent, d, "test.check", result="good")
    found = incident(agent, operator, d, node="size", cause="cannot be evaluated")
    assert found["owner"] == "operators" and not found["step"]
    assert "n > 5" in operator.done("incidents", "list") and "lt retry" in operator.done("incidents", "show", d)
    assert "reason" in operator.refused("retry", d, status=2)
    assert "n: " in operator.refused("correct", d, "n=many", "--reason", "x")
    assert "FACT" in operator.refused("correct", d, "result=bad", "--reason", "x")
    assert "not declared" in operator.refused("correct", d, "m=7", "--reason", "x")
    operator.done("correct", d, "n=7", "--reason", "the applicant's number was lost")
    assert operator.incidents(d) == []
    act = operator.act(d, "correct")
    assert (act["detail"], act["officer"], act["agency"]) == ("the applicant's number was lost", "Trần Thị Vận Hành", "000.09.00.H58")
    assert act["facts"] == {"n": "7", "command.reason": "the applicant's number was lost"}
    text = operator.done("dossier", "show", d)
    assert "the applicant's number was lost" in text and "Trần Thị Vận Hành" in text
    step(agent, d, "test.large")
    finish(agent, operator, d)


def test_a_refused_delivery_is_retried_as_a_new_step(agent, operator):
    d = open_dossier(agent)
    first = agent.delivery("test.check", d)
    refuse(agent, first, "the system is being repaired")
    found = incident(agent, operator, d, node="check", cause="being repaired", owner="Police", owner_code="000.04.00.G01")
    assert found["step"] == str(uuid.UUID(bytes=first.header.step_id))
    assert "no open incident at write" in operator.refused("retry", d, "--step", "write", "--reason", "x")
    operator.done("retry", d, "--step", "check", "--reason", "the system runs again", "--officer", "D-042")
    second = agent.wait("a new step", lambda: (n := agent.delivery("test.check", d)).id != first.id and n)
    assert second.header.step_id != first.header.step_id
    assert operator.act(d, "retry")["officer"] == "D-042"
    assert "no open incident" in operator.refused("retry", d, "--reason", "once more")
    assert "given up" in operator.refused("retry", d, "--step", found["step"], "--reason", "once more")
    step(agent, d, "test.check", result="good")
    finish(agent, operator, d)


def test_an_impossible_answer_waits_for_a_right_one_or_is_skipped(agent, operator):
    d = open_dossier(agent)
    first = agent.delivery("test.check", d)
    assert agent.exchange(agent.answer(first, purpose=purpose())).code == "FACT"
    incident(agent, operator, d, node="check", cause="its answer was refused: FACT", owner="Police")
    step(agent, d, "test.check", result="good")          # the agency finds its mistake
    assert operator.incidents(d) == []
    wrong = agent.answer(agent.delivery("test.settle", d), facts={"settled": "perhaps"}, purpose=purpose())
    assert agent.exchange(wrong).code == "FACT"
    incident(agent, operator, d, node="settle")
    # what the register's rule depends on is nobody's word but the agency's
    assert "may be done only by what it says" in operator.refused("skip", d, "settle", "settled=yes", "--reason", "it is in the file")
    assert "missing" in operator.refused("skip", d, "settle", "--reason", "it is in the file")
    operator.done("retry", d, "--reason", "they have been told")
    assert agent.exchange(wrong).code == "FACT", "remembered for ever"
    finish(agent, operator, d)
    assert [e["kind"] for e in operator.shown(d)["events"]].count("impossible") == 2


def test_a_step_is_skipped_with_what_it_must_say(agent, operator, world):
    d = open_dossier(agent)
    first = agent.delivery("test.check", d)
    refuse(agent, first)
    incident(agent, operator, d, node="check")
    assert "missing" in operator.refused("skip", d, "check", "--reason", "by hand")
    assert "allowed values" in operator.refused("skip", d, "check", "result=fine", "--reason", "by hand")
    operator.done("skip", d, "check", "result=good", "--reason", "checked by hand, letter 12/2026")
    act = operator.act(d, "skip")
    assert (act["detail"], act["node"]) == ("checked by hand, letter 12/2026", "check")
    assert agent.exchange(agent.answer(first, facts={"result": "bad"}, purpose=purpose())).code in ("STEP_CLOSED", "ACKNOWLEDGED")
    finish(agent, operator, d)


def test_a_delivery_that_nobody_receives_is_retried(agent, operator):
    """Exhausted retries: the agency's program takes nothing in for a while."""
    agent.receipts = False
    try:
        d = open_dossier(agent)
        first = agent.delivery("test.check", d)
        incident(agent, operator, d, node="check", owner="Police", cause="no receipt after many sendings")
    finally:
        agent.receipts = True
    assert "skip" in operator.done("incidents", "show", d)
    operator.done("retry", d, "--reason", "their program runs again")
    agent.wait("a new step", lambda: agent.delivery("test.check", d).id != first.id)
    step(agent, d, "test.check", result="good")
    finish(agent, operator, d)


def test_a_dead_notice_is_sent_again(agent, operator, world, folder):
    """Of a dossier that has ended meanwhile, too: nothing else of it could be freed."""
    told = '<bpmn:sendTask id="tell" name="Tell" lt:operation="test.told"/><bpmn:endEvent id="end"/>'

    def change(text):
        text = text.replace('code="X.000010"', 'code="X.000011"').replace('id="tested"', 'id="telling"').replace('<bpmn:endEvent id="end"/>', told)
        text = text.replace("<bpmn:flowNodeRef>write</bpmn:flowNodeRef>", "<bpmn:flowNodeRef>write</bpmn:flowNodeRef><bpmn:flowNodeRef>tell</bpmn:flowNodeRef>")
        return text.replace('sourceRef="write" targetRef="end"/>', 'sourceRef="write" targetRef="tell"/><bpmn:sequenceFlow id="f9" sourceRef="tell" targetRef="end"/>')
    operator.done("deploy", write_procedure(folder / "telling.bpmn", change=change), "--calendar", calendar(world), "--yes", "--grant")
    d = open_dossier(agent, procedure="X.000011")
    for operation, facts in (("test.check", {"result": "good"}), ("test.settle", {"settled": True})):
        step(agent, d, operation, **facts)
    write = agent.delivery("test.write", d)
    agent.receipts = False
    try:
        assert agent.exchange(agent.answer(write, purpose=purpose())).code == "ACKNOWLEDGED"
        first = agent.delivery("test.told", d)
        found = incident(agent, operator, d, cause="no receipt after many sendings", owner="Police")
        assert found["router"] and operator.shown(d)["ended"]
    finally:
        agent.receipts = True
    shown = operator.done("incidents", "show", d)
    assert f"lt resend {found['code']} test.told --reason" in shown, shown
    assert "DOSSIER_ENDED" in operator.refused("retry", d, "--reason", "x")
    assert "no dead notice tax.late" in operator.refused("resend", d, "tax.late", "--reason", "x")
    assert "too many words" in operator.refused("resend", d, "test.told", "again", "--reason", "x", status=2)
    assert "why?" in operator.refused("resend", d, status=2)
    out = json.loads(operator.done("resend", d, "test.told", "--reason", "their program runs again", "--officer", "D-042", "--json"))
    assert (out["outcome"], out["command"]) == ("accepted", "resend")
    agent.wait("its receipt", lambda: operator.incidents(d) == [])
    assert len([x for x in agent.deliveries if x.dossier == d and x.type == "test.told" and x.id == first.id]) >= 1
    assert world.one("router", "SELECT count(*) FROM outbox WHERE dossier = %s AND type = 'test.told' AND state = 'received'", str(d)) == 1
    act = operator.act(d, "resend")
    assert (act["detail"], act["officer"]) == ("their program runs again (1 notice sent again)", "D-042")
    assert "by D-042: their program runs again" in operator.done("dossier", "show", d)
    assert "no dead notice" in operator.refused("resend", d, "--reason", "once more")


def test_a_dossier_is_ended(agent, operator):
    d = open_dossier(agent)
    agent.delivery("test.check", d)
    operator.done("abort", d, "--reason", "opened by mistake")
    agent.wait("the step is cancelled", lambda: [x for x in agent.deliveries if x.dossier == d and x.header.kind == 4])
    assert operator.shown(d)["ended"] and operator.act(d, "abort")["detail"] == "opened by mistake"
    assert "DOSSIER_ENDED" in operator.refused("abort", d, "--reason", "again")


def test_a_repeated_command_has_its_effect_once(agent, operator, world):
    d = open_dossier(agent)
    first = agent.delivery("test.check", d)
    refuse(agent, first)
    incident(agent, operator, d)
    out = json.loads(operator.done("retry", d, "--reason", "runs again", "--json"))
    assert out["outcome"] == "accepted"
    events = operator.shown(d)["events"]
    for _ in range(2):
        operator.done("retry", d, "--reason", "runs again", "--message-id", out["message_id"])
    agent.pump(0.2)
    assert len([e for e in operator.shown(d)["events"] if e["kind"] == "retry"]) == 1, events
    assert "ID_REUSED" in operator.refused("retry", d, "--reason", "another wish", "--message-id", out["message_id"])
    step(agent, d, "test.check", result="good")
    finish(agent, operator, d)


def test_who_has_no_right_is_refused(agent, operator, world):
    d = open_dossier(agent)
    delivery = agent.delivery("test.check", d)
    refuse(agent, delivery)
    incident(agent, operator, d)
    command = dict(type="dossier.skip", purpose=purpose())
    facts = {"command.reason": "I can", "command.element": "check", "result": "good"}
    assert agent.exchange(agent.make("COMMAND", d, facts=facts, **command)).code == "NOT_ENTITLED"
    with Agent(world, "000.09.00.H58") as raw:
        for change, code in (({"command.reason": ""}, "FACT"), ({"result": 3}, "FACT"), ({"command.element": "size"}, "UNEXPECTED")):
            assert raw.exchange(raw.make("COMMAND", d, facts={**facts, **change}, **command)).code == code, change
        del facts["command.reason"]
        fate = raw.exchange(raw.make("COMMAND", d, facts=facts, **command))
        assert fate.code == "FACT" and "command.reason" in fate.text
        assert raw.exchange(raw.make("COMMAND", d, facts={"command.reason": "x"}, type="dossier.forget", purpose=purpose())).code == "MALFORMED"
        stranger = Identity(world, "police").sign
        assert raw.exchange(raw.make("COMMAND", d, facts={"command.reason": "x"}, sign=stranger, **command)).code == "WRONG_SENDER"
    assert len(operator.incidents(d)) == 1, "nothing has changed"
    operator.done("abort", d, "--reason", "the test is over")


def test_a_wrong_key_does_not_command(agent, operator, world, tmp_path):
    d = open_dossier(agent)
    keys = pathlib.Path(world.folder, "keys")
    own = tmp_path / "keys"
    shutil.copytree(keys / "000.09.00.H58", own)
    routers = pathlib.Path(world.settings["OPERATOR"]).read_text().split("routers:")[1]

    def told(agency="000.09.00.H58", routers=routers):
        (tmp_path / "operator.yaml").write_text(
            f"agency: {agency}\nofficer: me\nkeys: {{sign: keys/sign.key, certificate: keys/sign.pem, curve: keys/curve.key}}\nrouters:{routers}")
        return Operator(world, tmp_path / "operator.yaml").refused("abort", d, "--reason", "x", "--timeout", "3")
    assert "is a certificate of" in told("000.09.00.H59")
    shutil.copy(keys / "000.04.00.G01" / "sign.key", own / "sign.key")
    assert "is not the certificate of the key" in told()
    shutil.copy(keys / "000.04.00.G01" / "sign.pem", own / "sign.pem")
    assert "is a certificate of" in told()
    for name in ("sign.key", "sign.pem"):
        shutil.copy(keys / "000.09.00.H58" / name, own / name)
    shutil.copy(keys / "000.04.00.G01" / "curve.key", own / "curve.key")   # the connection is police's
    assert "nothing was sent" in told() or "WRONG_SENDER" in told()
    shutil.copy(keys / "000.09.00.H58" / "curve.key", own / "curve.key")
    assert "nothing was sent" in told(routers="\n  - {endpoint: 'tcp://127.0.0.1:9', key: '%s'}\n" % (keys / "router-1" / "curve.pub").read_text().strip())
    (own / "sign.key").chmod(0o644)
    assert "sign.key" in told()
    assert not operator.shown(d)["ended"]
    operator.done("abort", d, "--reason", "the test is over")


def test_a_command_is_said_again_when_no_router_answers(agent, operator, world):
    """Exit status 3: it was sent, the router died before it could answer; the same words and id have their effect once."""
    d = open_dossier(agent)
    world.stop("router-1")
    world.start("router-1", LIENTHONG_STOP="router.before-acknowledge:1")
    message = operator.lt("abort", d, "--reason", "for a test", "--timeout", "6")
    assert message.returncode == 3, message
    identity = message.stderr.split("--message-id ")[1].split()[0]
    world.start("router-1")
    operator.done("abort", d, "--reason", "for a test", "--message-id", identity)
    assert operator.act(d, "abort")["detail"] == "for a test"
    agent.connect()


def test_running_dossiers_keep_their_version(agent, operator, world, folder):
    """A new version adds a task, changes a budget and takes a flow away: said before it is deployed; what runs goes on as it began."""
    old = open_dossier(agent)
    agent.delivery("test.check", old)
    plain = operator.lt("deploy", folder / "tested.bpmn", "--calendar", calendar(world))
    assert (plain.returncode, plain.stdout) == (0, f"{TESTED} version 1 is already deployed\n")
    added = '<bpmn:serviceTask id="verify" name="Verify" lt:operation="test.verify" lt:budget="2 wd"/>'

    def change(text):
        text = text.replace("<bpmn:exclusiveGateway id=\"merge\"/>", added + "<bpmn:exclusiveGateway id=\"merge\"/>")
        text = text.replace("<bpmn:flowNodeRef>write</bpmn:flowNodeRef>", "<bpmn:flowNodeRef>write</bpmn:flowNodeRef><bpmn:flowNodeRef>verify</bpmn:flowNodeRef>")
        return text.replace('<bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="size"/>',
                            '<bpmn:sequenceFlow id="f2a" sourceRef="check" targetRef="verify"/><bpmn:sequenceFlow id="f2b" sourceRef="verify" targetRef="size"/>')
    newer = write_procedure(folder / "newer.bpmn", budget="0.5 wd", change=change)
    said = operator.done("deploy", newer, "--calendar", calendar(world), "--dry-run")
    for words in ("X.000010: version 2 against version 1\n", "  ~ element check: budget 1 wd -> 0.5 wd\n",
                  "  + element verify: kind service task, name Verify, role police, operation test.verify, budget 2 wd\n",
                  "  - flow f2: from check, to size\n", "  + flow f2b: from verify, to size\n", "version 1: 1\n", "version 2 is not deployed"):
        assert words in said, (words, said)
    assert world.one("router", "SELECT max(version) FROM process WHERE procedure = %s", TESTED) == 1
    out = json.loads(operator.done("deploy", newer, "--calendar", calendar(world), "--grant", "--json"))[0]   # no terminal: nobody is asked
    assert (out["version"], out["before"], out["deployed"], out["running"]["1"]) == (2, 1, True, 1)
    assert out["difference"]["changed"]["element check"] == {"budget": ["1 wd", "0.5 wd"]}

    def of_version(version):
        d = open_dossier(agent)
        if operator.shown(d)["version"] == version:
            return d
        operator.done("abort", d, "--reason", "the router had not read the new version yet")
        return None
    new = wait_until("a dossier of version 2", lambda: of_version(2), pause=0.3)
    for d in (old, new):
        step(agent, d, "test.check", result="good")
    step(agent, new, "test.verify")
    assert not [x for x in agent.deliveries if x.dossier == old and x.type == "test.verify"]
    finish(agent, operator, old)
    finish(agent, operator, new)
    assert operator.shown(old)["version"] == 1
    # commands read facts by the version that the dossier keeps, and an older file is a newer version again
    again = operator.done("deploy", folder / "tested.bpmn", "--calendar", calendar(world), "--yes")
    assert "  - element verify" in again and "version 3 deployed" in again


def on_terminal(operator, says, *words):
    """lt with a terminal as its standard input, at which somebody types SAYS."""
    ours, theirs = pty.openpty()
    os.write(ours, says.encode())
    done = subprocess.run([operator.world.settings["LT"], *map(str, words)], stdin=theirs, capture_output=True, text=True,
                          env=operator.environment, timeout=60)
    os.close(ours)
    os.close(theirs)
    return done


def test_a_person_is_asked_before_a_version_is_replaced(operator, world, folder):
    file = write_procedure(folder / "asked.bpmn", budget="3 wd")
    words = ("deploy", file, "--calendar", calendar(world))

    def newest():
        return world.one("router", "SELECT max(version) FROM process WHERE procedure = %s", TESTED)
    before = newest()
    for says in ("n\n", "\n"):
        no = on_terminal(operator, says, *words)
        assert (no.returncode, newest()) == (1, before) and "Deploy? [y/N]" in no.stdout and "is not deployed" in no.stdout, no
    dry = on_terminal(operator, "y\n", *words, "--dry-run")
    assert (dry.returncode, newest()) == (0, before) and "Deploy?" not in dry.stdout
    yes = on_terminal(operator, "y\n", *words)
    assert (yes.returncode, newest()) == (0, before + 1), yes
    write_procedure(file, budget="2 wd")
    unasked = on_terminal(operator, "", *words, "--yes")
    assert (unasked.returncode, newest()) == (0, before + 2) and "Deploy?" not in unasked.stdout


def test_two_definitions_of_one_procedure_are_refused(operator, world, folder):
    other = write_procedure(folder / "other.bpmn", change=lambda text: text.replace('id="tested"', 'id="another"'))
    before = world.rows("router", "SELECT procedure, version FROM process ORDER BY 1, 2")
    said = operator.refused("deploy", other, "--calendar", calendar(world))
    assert "other.bpmn" in said and TESTED in said, said
    assert world.rows("router", "SELECT procedure, version FROM process ORDER BY 1, 2") == before
