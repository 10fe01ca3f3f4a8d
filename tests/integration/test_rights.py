"""Rights in a running world: changed by signed commands under way, recorded in the ledger, the same at two routers; a task that no right
allows is not given, and goes on when it may; an agency asks what it may call; who asked for personal data is kept."""
import json
import time

import pytest
from agent import Agent, envelope, session
from operators import Operator

from world import World, wait_until

PROCEDURE = "1.013831"
POLICE, DESK = "000.04.00.G01", "000.01.00.H58"
QUERY = (PROCEDURE, "desk", "police.identity.check", "police")
SUBMISSION = (PROCEDURE, "desk", "submission", "router")
DIRECTORY = "00000000-0000-8000-8000-000000000001"


@pytest.fixture(scope="module")
def world():
    made = World("--parcels", "20", "--routers", "2")
    yield made
    made.close()


@pytest.fixture(scope="module")
def operator(world):
    return Operator(world)


@pytest.fixture(scope="module")
def security(world):
    return Operator(world, world.settings["SECURITY"])


@pytest.fixture
def desks(world):
    """The desk's agency at both routers, taking no deliveries."""
    with Agent(world, "intake", router=1, credit=(0, 4 << 20)) as one, Agent(world, "intake", router=2, credit=(0, 4 << 20)) as two:
        yield one, two


def said(desk):
    """ENTITLED: the submission was looked at, and found empty."""
    code = desk.exchange(desk.submission()).code
    return "ENTITLED" if code in ("PART", "FACT") else code


def test_a_change_holds_at_both_routers_on_open_sessions(world, desks, security):
    assert [said(desk) for desk in desks] == ["ENTITLED", "ENTITLED"]
    security.done("rights", "revoke", *SUBMISSION, "--reason", "an audit")
    for desk in desks:
        wait_until("it holds here", lambda: said(desk) == "NOT_ENTITLED", seconds=5)
    assert security.refused("rights", "check", *SUBMISSION) == ""
    security.done("rights", "grant", *SUBMISSION, "--reason", "the audit is over")
    for desk in desks:
        wait_until("it holds here", lambda: said(desk) == "ENTITLED", seconds=5)
    security.done("rights", "check", *SUBMISSION)


def test_the_router_that_took_the_act_goes_by_it_at_once(world, security):
    """Act and submission over one session, one behind the other, without waiting for an answer."""
    purpose = envelope.Purpose(procedure="directory", officer="An")
    facts = dict(zip(("procedure", "sender", "type", "recipient"), SUBMISSION))
    with Agent(world, "000.09.01.H58") as officer, Agent(world, "intake", credit=(0, 4 << 20)) as desk:
        for operation, code in (("rights.revoke", "NOT_ENTITLED"), ("rights.grant", "ENTITLED")):
            act = officer.make("COMMAND", DIRECTORY, type=operation, purpose=purpose, facts={**facts, "command.reason": "at once"})
            assert officer.exchange(act).code == "ACKNOWLEDGED"
            assert said(desk) == code


def test_every_act_is_an_event_of_the_directory(world, security, operator):
    acts = json.loads(security.done("rights", "list", PROCEDURE, "--all", "--json"))
    signed = [a for a in acts if a["event"]]
    assert signed and all(a["officer"] and a["reason"] for a in signed)
    assert {a["officer"].split(" (")[0] for a in acts if not a["event"]} == {"lt deploy --grant"}
    events = world.rows("router", "SELECT sequence, type, detail, envelope FROM event WHERE dossier = %s ORDER BY sequence", DIRECTORY)
    assert [e[0] for e in events] == list(range(1, len(events) + 1))
    for act in signed:
        sequence, kind, detail, data = events[act["event"] - 1]
        header = envelope.Header.FromString(envelope.Envelope.FromString(bytes(data)).header)
        assert kind == ("rights.grant" if act["granted"] else "rights.revoke") and detail == act["reason"]
        assert header.purpose.officer == act["officer"] and header.sender == "000.09.01.H58"
    operator.done("ledger", "verify", "--authority", str(world.folder) + "/keys/ca.pem")
    with pytest.raises(Exception, match="append-only"):
        world.rows("router", "UPDATE rights SET granted = true")
    with pytest.raises(Exception, match="append-only"):
        world.rows("router", "DELETE FROM query")


def test_repeated_acts_have_their_effect_once(world, security):
    before = world.one("router", "SELECT count(*) FROM rights")
    out = json.loads(security.done("rights", "grant", "*", "tax", "tax.note", "router", "--reason", "once", "--json"))
    words = ("rights", "grant", "*", "tax", "tax.note", "router", "--message-id", out["message_id"], "--reason")
    security.done(*words, "once")
    assert "ID_REUSED" in security.refused(*words, "twice")
    assert world.one("router", "SELECT count(*) FROM rights") == before + 1


REFUSED = {
    "by an operator": ("operator", ("revoke", *QUERY, "--reason", "x"), "security-officer"),
    "without a reason": ("security", ("revoke", *QUERY), "why"),
    "from yesterday on": ("security", ("revoke", *QUERY, "--reason", "x", "--from", "2020-01-01T00:00:00Z"), "past"),
    "until before it begins": ("security", ("grant", *QUERY, "--reason", "x", "--from", "2099-01-02T00:00:00Z", "--until", "2099-01-01T00:00:00Z"), "until"),
    "until 1970": ("security", ("grant", *QUERY, "--reason", "x", "--until", "1970-01-01T00:00:00Z"), "1970"),
    "at no time": ("security", ("grant", *QUERY, "--reason", "x", "--from", "tomorrow"), "RFC 3339"),
    "of no role": ("security", ("grant", PROCEDURE, "the desk", "submission", "router", "--reason", "x"), "role"),
    "of no procedure": ("security", ("grant", "a procedure", "desk", "submission", "router", "--reason", "x"), "procedure"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_change_is_refused(request, world, name):
    who, words, text = REFUSED[name]
    before = world.one("router", "SELECT count(*) FROM rights"), world.one("router", "SELECT sequence FROM directory_version")
    result = request.getfixturevalue(who).lt("rights", *words)
    assert result.returncode in (1, 2) and text in result.stderr, result
    assert (world.one("router", "SELECT count(*) FROM rights"), world.one("router", "SELECT sequence FROM directory_version")) == before


def test_a_task_that_no_right_allows_waits_for_it_as_an_incident(world, operator, security):
    security.done("rights", "revoke", *QUERY, "--reason", "the police asked for it")
    time.sleep(2)   # the router that did not take it reads the directory once a second
    dossier = world.submit()
    incident = wait_until("an incident", lambda: [i for i in operator.incidents(dossier.id) if i["node"] == "check-identity"])[0]
    assert all(word in incident["cause"] for word in ("not entitled", "desk", "police.identity.check", "since", "lt rights grant")), incident
    assert world.rows("router", "SELECT state, attempts FROM outbox WHERE dossier = %s AND type = 'police.identity.check'", dossier.id) == [("dead", 0)]
    assert not [q for q in queries(operator, dossier) if q["type"] == "police.identity.check"]
    security.done("rights", "grant", *QUERY, "--reason", "the police agrees")
    time.sleep(2)
    operator.done("retry", dossier.id, "--step", "check-identity", "--reason", "it may be asked again")
    wait_until("it was asked", lambda: [q for q in queries(operator, dossier) if q["type"] == "police.identity.check"])
    dossier.happy()


def queries(operator, dossier, *words):
    return json.loads(operator.done("queries", dossier.id, "--json", *words))


def test_who_asked_for_what_and_why_is_kept(world, operator):
    dossier = world.submit()
    wait_until("the police is asked", lambda: "police.identity.check" in {q["type"] for q in queries(operator, dossier)})
    dossier.happy()
    asked = queries(operator, dossier)
    by_type = {q["type"]: q for q in asked}
    assert set(by_type) >= {"police.identity.check", "land.map.extract"} and len(by_type) == len(asked), asked
    one = by_type["police.identity.check"]
    assert (one["agency"], one["asked"], one["procedure"], one["version"]) == (DESK, POLICE, PROCEDURE, 1)
    assert one["reason"] == "Police: check identity" and one["officer"]
    assert queries(operator, dossier, "--agency", POLICE) == [q for q in asked if POLICE in (q["agency"], q["asked"])]
    assert queries(operator, dossier, "--officer", "nobody of this name") == []
    assert one["dossier"] in operator.done("queries", "--agency", POLICE)


def ask(agent, **fields):
    agent.asked += 1
    agent.send(ask=session.Ask(id=agent.asked, operations=session.AskOperations(**fields)))
    return agent.wait("what may be called", lambda: agent.told.pop(agent.asked, None)).operations


def test_an_agency_asks_what_it_may_call(world, desks, security):
    """Over the wire, page by page; another agency is told its own."""
    found, page = [], ask(desks[0])
    while True:
        assert len(page.operations) <= 40
        found += page.operations
        if not page.more:
            break
        page = ask(desks[0], after=len(found))
    one = [o for o in found if (o.procedure, o.type) == (PROCEDURE, "police.identity.check")]
    assert len(one) == 1 and one[0].sender_role == "desk" and list(one[0].recipients) == [POLICE]
    assert one[0].version == 1 and one[0].personal and one[0].from_us > 0 and one[0].until_us == 0
    names = [(o.procedure, o.sender_role, o.type, o.recipient_role) for o in found]
    assert len(names) == len(set(names)) and len({o.procedure for o in found}) > 1
    assert all(o.sender_role == "desk" for o in found), "the desk has no other role"
    of_one = ask(desks[0], procedure="1.012783")
    assert {o.procedure for o in of_one.operations} == {"1.012783"}
    assert not ask(desks[0], procedure="9.999999").operations
    with Agent(world, "tax", credit=(0, 4 << 20)) as tax:
        assert not [o for o in ask(tax).operations if o.type == "submission"]


def test_lt_operations_prints_it(world, operator, security):
    told = json.loads(operator.done("operations", PROCEDURE, "--json"))
    assert {o["type"] for o in told} == {f"dossier.{act}" for act in ("retry", "correct", "skip", "resend", "abort")}
    security.done("rights", "grant", PROCEDURE, "operator", "dossier.abort", "router", "--reason", "for a while", "--until", "2099-01-01T00:00:00Z")
    wait_until("its end is told", lambda: "dossier.abort  as operator, of router" in operator.done("operations", PROCEDURE)
               and "until 2099-01-01T00:00:00Z" in operator.done("operations", PROCEDURE))


def test_a_right_is_explained(world, security):
    text = security.done("rights", "explain", *QUERY)
    assert text.startswith("allowed at ") and text.count("decides: ") == 1
    assert "the police asked for it" in text and "the police agrees" in text
    assert security.done("rights", "explain", PROCEDURE, "tax", "submission", "router").endswith("no act ever gave this right\n")
    wanted = json.loads(security.done("rights", "wanted", PROCEDURE, "--json"))
    assert {w["state"] for w in wanted} == {"held"} and [w for w in wanted if w["personal"]]
    assert security.refused("rights", "check", *QUERY, "--at", "2020-01-01T00:00:00Z") == ""


def test_nothing_is_broken(world):
    world.check_invariants()
