"""The inter-agency opinion, from its definition alone: no program of ours but the routers takes part. The department and the
agencies it asks are Python over the wire; the clock is pretended."""
import datetime

import pytest

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


def opine(office, dossier, opinion, statement, paper="none"):
    delivery = office.do("agency.opinion", dossier, facts={"opinion": opinion, "statement": statement, "paper": paper})
    assert delivery.part("question", department.Question).subject == "A well in Cai Be"
    return delivery


def conclude(office, dossier, **more):
    return office.do("department.opinion.conclude", dossier, parts=[("conclusion", report("conclusion", "settled"), ["department", "consulted"])], **more)


def test_all_answer_side_by_side(world, asking, asked):
    d = question(asking, *FIELDS)
    for field in ("fire", "culture", "transport", "construction"):
        opine(asked[field], d, "agree", f"no objection from {field}")
    told = facts(conclude(asking, d))
    assert told["opinions"] == ["agree"] * 4 and told["statements"][0] == "no objection from fire"
    assert (told["asked"], told["answered"], told["silent"]) == ("4", "4", "0")
    for office in asked.values():
        assert office.delivery("opinion.concluded", d).part("conclusion", department.Report).result == "settled"
    ended(world, d)
    assert statuses(world, d) == [1, 2, 4, 9, 10]


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
    told = facts(asking.do("department.opinion.settle", d, facts={"resolution": "settled"},
                           parts=[("settlement", report("settlement", "settled"), ["department"])]))
    assert told["opinions"] == ["agree", "object", "agree-with-remarks", "agree"]
    assert told["statements"][3] == "silent" and told["papers"] == ["none", "ab" * 32, "none", "none"]
    assert (told["asked"], told["answered"], told["silent"]) == ("4", "3", "1")
    asked["fire"].give_up("agency.opinion", d)
    late = asked["fire"].exchange(asked["fire"].answer(silent, facts={"opinion": "object", "statement": "too late", "paper": "none"}))
    assert late.code == "STEP_CLOSED", late
    assert facts(conclude(asking, d))["statements"][3] == "silent"
    ended(world, d)
    assert statuses(world, d) == [1, 2, 4, 9, 10]
    opinions = [e for e in shown(world, d)["events"] if e["node"] == "ask" and e["kind"] == "answer"]
    assert {e["agency"] for e in opinions} == {FIELDS[f] for f in ("construction", "culture", "transport")}, opinions[:1]


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
