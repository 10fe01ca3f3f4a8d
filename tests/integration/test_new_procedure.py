"""Adding a procedure needs no change in C: one that is not shipped, with roles and agencies that no program of ours knows, is
checked and deployed by lt alone into a world that runs, and carries dossiers. The agencies are Python over the wire."""
import datetime
import pathlib

import pytest

from agent import envelope
from clock import Clock, at
from neighbours import Office, department, deploy, ended, facts, join, lt, report, shown, statuses
from world import World

TREE_FELLING = pathlib.Path(__file__).parent / "procedures" / "tree-felling.bpmn"
PROCEDURE = "X.000900"
COMMUNE, FORESTER, OTHER_FORESTER = "000.31.00.H58", "000.32.00.H58", "000.33.00.H58"


@pytest.fixture(scope="module")
def clock():
    made = Clock(at("2026-11-30 08:00"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(clock):
    made = World("--parcels", "1", environment={"LIENTHONG_TIME_FILE": clock.path})
    yield made
    made.close()


@pytest.fixture(scope="module")
def deployed(world):
    """The procedure, its roles and its agencies come into the running world."""
    assert lt(world, "lint", TREE_FELLING).stdout == ""
    known = lt(world, "dossier", "list", "--database", world.settings["ROUTER_DATABASE"])
    assert PROCEDURE not in known.stdout
    deploy(world, TREE_FELLING)
    join(world, {COMMUNE: "commune", FORESTER: "forester@tan-phuoc", OTHER_FORESTER: "forester@cai-lay"})


@pytest.fixture
def commune(world, deployed):
    with Office(world, COMMUNE, PROCEDURE) as office:
        yield office


@pytest.fixture
def forester(world, deployed):
    with Office(world, FORESTER, PROCEDURE) as office:
        yield office


def decimal(text):
    return envelope.Value(decimal=text)


def ask(commune, height="12.5"):
    request = department.Question(number="7", subject="An old mango tree", text="It leans over the school.")
    return commune.open("tree.request", parts=[("request", request, ["commune", "forester"])],
                        facts={"commune.name": "tan-phuoc", "tree.height": decimal(height)})


def inspect(forester, dossier, girth, sick=False, **more):
    return forester.do("forester.tree.inspect", dossier, facts={"tree.girth": decimal(girth), "tree.sick": sick},
                       parts=[("inspection", report("inspection", "seen", "leans"), ["commune"])], **more)


def permit(commune, forester, dossier):
    """The commune signs, and the forester learns it with the commune's own signature."""
    step = commune.do("commune.tree.permit", dossier, parts=[("permit", department.Licence(kind="felling", number="1/GP"), ["commune", "forester"])])
    assert step.part("inspection", department.Report).findings == ["leans"]
    assert forester.delivery("tree.permitted", dossier).part("permit", department.Licence).number == "1/GP"
    return step


def test_a_sick_tree_is_permitted_at_once(world, commune, forester):
    d = ask(commune)
    delivery = inspect(forester, d, "3.1", sick=True)
    assert delivery.part("request", department.Question).subject == "An old mango tree"
    assert facts(delivery)["tree.height"] == "12.5"
    permit(commune, forester, d)
    ended(world, d)
    assert statuses(world, d) == [1, 2, 4, 9, 10]


def test_a_condition_decides_on_decimals(world, commune, forester):
    d = ask(commune, height="2.5")
    inspect(forester, d, "0.999")
    permit(commune, forester, d)
    ended(world, d)
    assert [e["node"] for e in shown(world, d)["events"] if e["kind"] == "answer"] == ["inspect", "permit"]


def test_a_sound_tree_is_posted_and_permitted_when_a_working_day_has_passed(world, clock, commune, forester):
    d = ask(commune)
    inspect(forester, d, "3.1")
    commune.alive()
    assert not any(x.type == "commune.tree.permit" and x.dossier == d for x in commune.deliveries)
    clock.move(clock.now() + datetime.timedelta(days=1, minutes=5))
    permit(commune, forester, d)
    ended(world, d)


def test_an_objection_ends_it(world, commune, forester):
    d = ask(commune)
    inspect(forester, d, "3.1")
    assert commune.say(d, "tree.objection", facts={"objector": "the school"}).code == "ACKNOWLEDGED"
    ended(world, d)
    assert statuses(world, d) == [1, 2, 4, 8, 9, 10]


def test_a_business_error_of_the_new_agency(world, commune, forester):
    d = ask(commune)
    forester.do("forester.tree.inspect", d, error="unsafe")
    ended(world, d)
    assert statuses(world, d) == [1, 2, 4, 8, 9, 10]


def test_the_agency_of_another_place_is_not_asked_and_may_not_answer(world, commune, forester):
    d = ask(commune)
    delivery = forester.delivery("forester.tree.inspect", d)
    with Office(world, OTHER_FORESTER, PROCEDURE) as other:
        other.alive()
        assert not any(x.dossier == d for x in other.deliveries)
        fate = other.exchange(other.answer(delivery, facts={"tree.girth": decimal("1"), "tree.sick": True}))
        assert fate.code != "ACKNOWLEDGED", fate
    forester.do("forester.tree.inspect", d, error="unsafe")
    ended(world, d)


def test_what_the_definition_does_not_allow_is_refused(world, commune, forester):
    d = ask(commune)
    delivery = forester.delivery("forester.tree.inspect", d)
    for wrong in ({"facts": {"tree.girth": decimal("1")}}, {"error": "unheard-of"},
                  {"facts": {"tree.girth": decimal("1"), "tree.sick": True, "tree.height": decimal("1")}}):
        fate = forester.exchange(forester.answer(delivery, **wrong))
        assert fate.code not in ("ACKNOWLEDGED", "STEP_CLOSED") and not fate.retryable, (wrong, fate)
    inspect(forester, d, "3.1", sick=True)
    permit(commune, forester, d)
    ended(world, d)
