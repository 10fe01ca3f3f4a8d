"""The inter-agency opinion, from its definition alone: no program of ours but the routers takes part. The department and the
agencies it asks are Python over the wire; the clock is pretended."""
import datetime

import pytest

from agent import kind
from clock import Clock, at
from neighbours import WORKFLOWS, Office, department, deploy, ended, facts, intake, join, report, shown, statuses, texts
from world import World, wait_until

PROCEDURE = "X.000101"
FIELDS = {"construction": "000.21.00.H58", "transport": "000.22.00.H58", "culture": "000.23.00.H58", "fire": "000.24.00.H58"}
DEPARTMENT = "000.20.00.H58"


@pytest.fixture(scope="module")
def clock():
    made = Clock(at("2026-11-30 08:00"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(clock):
    made = World("--parcels", "1", environment={"LIENTHONG_TIME_FILE": clock.path})
    deploy(made, WORKFLOWS / "inter-agency-opinion.bpmn")
    join(made, {DEPARTMENT: "department", **{code: f"consulted@{field}" for field, code in FIELDS.items()}})
    yield made
    made.close()


@pytest.fixture
def asking(world):
    with Office(world, DEPARTMENT, PROCEDURE) as office:
        yield office


@pytest.fixture
def asked(world):
    offices = {field: Office(world, code, PROCEDURE) for field, code in FIELDS.items()}
    yield offices
    for office in offices.values():
        office.close()


def question(office, *fields):
    asked = department.Question(number="45/SNNMT", subject="A well in Cai Be", text="May water be drawn here?")
    return office.open("opinion.request", parts=[("question", asked, ["department", "consulted"])], facts={"agencies": texts(*fields)})


def said(opinion, *findings):
    return ("opinion", report("opinion", opinion, *findings), ["department"])


def opinions(delivery):
    """Field to (agency, result, findings) of the opinions that travelled along, each with its author's signature, which agent.py has checked."""
    return {field: (author, opinion.result, list(opinion.findings)) for field, (author, opinion) in delivery.members("opinion", department.Report).items()}


def opine(office, dossier, opinion, statement, paper="none"):
    delivery = office.do("agency.opinion", dossier, facts={"opinion": opinion, "statement": statement, "paper": paper},
                         parts=[said(opinion, statement)])
    assert delivery.part("question", department.Question).subject == "A well in Cai Be"
    return delivery


def conclude(office, dossier, **more):
    return office.do("department.opinion.conclude", dossier, parts=[("conclusion", report("conclusion", "settled"), ["department", "consulted"])], **more)


def test_all_answer_side_by_side(world, asking, asked):
    d = question(asking, *FIELDS)
    for field in ("fire", "culture", "transport", "construction"):
        opine(asked[field], d, "agree", f"no objection from {field}")
    concluding = conclude(asking, d)
    told = facts(concluding)
    assert opinions(concluding) == {field: (FIELDS[field], "agree", [f"no objection from {field}"]) for field in FIELDS}
    assert told["respondents"] == ["fire", "culture", "transport", "construction"]
    assert told["opinions"] == ["agree"] * 4 and told["statements"][0] == "no objection from fire"
    assert (told["asked"], told["answered"], told["silent"]) == ("4", "4", "0")
    for office in asked.values():
        assert office.delivery("opinion.concluded", d).part("conclusion", department.Report).result == "settled"
    ended(world, d)
    assert statuses(world, d) == [1, 2, 4, 9, 10]
    # Whom the question is for, its author could not know: one seal for all four. The conclusion was sealed to them at once.
    assert [e["agency"] for e in shown(world, d)["events"] if e["kind"] == "reseal"] == [DEPARTMENT]


def test_silence_past_the_budget_counts_as_agreement_and_an_objection_is_settled(world, clock, asking, asked):
    d = question(asking, *FIELDS)
    opine(asked["construction"], d, "agree", "no objection")
    opine(asked["culture"], d, "object", "a protected site", paper="ab" * 32)
    opine(asked["transport"], d, "agree-with-remarks", "ten metres from the road")
    silent = asked["fire"].delivery("agency.opinion", d)
    asked["fire"].alive()                               # it has received it, and says nothing
    wait_until("the receipt is recorded", lambda: sum(e["kind"] == "receipt" for e in shown(world, d)["events"]) >= 4)
    assert not any(x.type == "department.opinion.settle" for x in asking.deliveries if x.dossier == d)
    clock.move(clock.now() + datetime.timedelta(days=7, minutes=1))
    settling = asking.do("department.opinion.settle", d, facts={"resolution": "settled"},
                         parts=[("settlement", report("settlement", "settled"), ["department"])])
    told = facts(settling)
    assert opinions(settling) == {"construction": (FIELDS["construction"], "agree", ["no objection"]),
                                  "culture": (FIELDS["culture"], "object", ["a protected site"]),
                                  "transport": (FIELDS["transport"], "agree-with-remarks", ["ten metres from the road"])}
    assert told["respondents"] == ["construction", "culture", "transport", "fire"]   # the last one by its silence
    assert told["opinions"] == ["agree", "object", "agree-with-remarks", "agree"]
    assert told["statements"][3] == "silent" and told["papers"] == ["none", "ab" * 32, "none", "none"]
    assert (told["asked"], told["answered"], told["silent"]) == ("4", "3", "1")
    asked["fire"].give_up("agency.opinion", d)
    late = asked["fire"].exchange(asked["fire"].answer(silent, facts={"opinion": "object", "statement": "too late", "paper": "none"},
                                                       parts=[said("object", "too late")]))
    assert late.code == "STEP_CLOSED", late
    concluding = conclude(asking, d)
    assert facts(concluding)["statements"][3] == "silent" and set(opinions(concluding)) == {"construction", "culture", "transport"}
    assert concluding.part("settlement", department.Report).result == "settled"
    ended(world, d)
    assert statuses(world, d) == [1, 2, 4, 9, 10]
    answers = [e for e in shown(world, d)["events"] if e["node"] == "ask" and e["kind"] == "answer"]
    assert {e["agency"] for e in answers} == {FIELDS[f] for f in ("construction", "culture", "transport")}, answers[:1]


def test_a_late_answer_that_crosses_the_request_to_give_up_is_recorded_and_counts_for_nothing(world, clock, asking, asked):
    d = question(asking, "construction", "fire")
    opine(asked["construction"], d, "agree", "no objection")
    late = asked["fire"].delivery("agency.opinion", d)
    asked["fire"].alive()
    wait_until("the receipt is recorded", lambda: sum(e["kind"] == "receipt" for e in shown(world, d)["events"]) >= 2)
    clock.move(clock.now() + datetime.timedelta(days=7, minutes=1))
    asked["fire"].wait("a cancel", lambda: any(x.dossier == d and x.header.kind == kind("CANCEL") for x in asked["fire"].deliveries))
    fate = asked["fire"].exchange(asked["fire"].answer(late, facts={"opinion": "object", "statement": "too late", "paper": "none"},
                                                       parts=[said("object", "too late")]))
    assert fate.code == "ACKNOWLEDGED", fate       # it is on record, but the silence stands
    concluding = conclude(asking, d)
    assert facts(concluding)["opinions"] == ["agree", "agree"] and facts(concluding)["silent"] == "1"
    assert set(opinions(concluding)) == {"construction"}
    ended(world, d)
    events = shown(world, d)["events"]
    silence = [e for e in events if e["kind"] == "timer" and e["node"] == "ask"]
    assert [(e["agency"], e["detail"]) for e in silence] == [(FIELDS["fire"], "no answer within the budget: silence counts as agreement")], silence
    assert sum(e["kind"] == "answer" and e["node"] == "ask" for e in events) == 2


def test_only_those_named_are_asked_and_a_withdrawn_question_ends(world, asking, asked):
    d = question(asking, "fire", "culture")
    asked["fire"].delivery("agency.opinion", d)
    reason = intake.Withdrawal(reason="asked in error")
    assert asking.say(d, "withdrawal", parts=[("withdrawal", reason, ["department", "consulted"])]).code == "ACKNOWLEDGED"
    for field in ("fire", "culture"):
        asked[field].give_up("agency.opinion", d)
    ended(world, d)
    assert statuses(world, d) == [1, 2, 4, 7]
    assert not any(x.dossier == d for x in asked["transport"].deliveries)
