"""A procedure that begins by itself: as many dossiers as ticks, while routers die around each commit; versions, pauses and the end of it.
The agency is Python over the wire."""
import json
import pathlib
import re
import time
import uuid

import pytest

from agent import envelope
from clock import Clock, at
from neighbours import Office, deploy, ended, join, lt, shown, statuses
from operators import Operator
from world import World, wait_until

WATERING = pathlib.Path(__file__).parent / "procedures" / "watering.bpmn"
PROCEDURE, GARDENER = "X.000910", "000.41.00.H58"
POINTS = ("router.begin", "router.before-commit", "router.after-commit", "router.before-acknowledge")
EACH = "<bpmn:timeCycle>R/PT4S</bpmn:timeCycle>"


@pytest.fixture(scope="module")
def clock():
    made = Clock(at("2026-11-30 08:00"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(clock):
    made = World("--parcels", "1", "--routers", "2", environment={"LIENTHONG_TIME_FILE": clock.path})
    join(made, {GARDENER: "gardener"})
    yield made
    made.close()


@pytest.fixture
def gardener(world):
    with Office(world, GARDENER, PROCEDURE) as office:
        yield office


def version(tmp_path, **changes):
    """The procedure's file with another timer; None: none."""
    text = WATERING.read_text()
    for before, after in changes.get("replace", ()):
        assert before in text
        text = text.replace(before, after)
    path = tmp_path / "watering.bpmn"
    path.write_text(text)
    return path


def schedule(world):
    listed = json.loads(lt(world, "schedule", "list", "--json", "--database", world.settings["ROUTER_DATABASE"]).stdout)
    return next((entry for entry in listed if entry["procedure"] == PROCEDURE), None)


def begun(world):
    return [uuid.UUID(str(row[0])) for row in world.rows(
        "router", "SELECT d.id FROM dossier d JOIN process p ON p.id = d.process WHERE p.procedure = %s AND d.submitter IS NULL ORDER BY d.id", PROCEDURE)]


def missed(world):
    return world.one("router", "SELECT coalesce(sum(ticks), 0)::bigint FROM schedule_missed WHERE procedure = %s", PROCEDURE)


def water(world, gardener, dossiers):
    for dossier in dossiers:
        gardener.do("gardener.trees.water", dossier, facts={"trees.watered": envelope.Value(decimal="12")})
    for dossier in dossiers:
        ended(world, dossier)


def test_as_many_dossiers_as_ticks_while_routers_die(world):
    said = deploy(world, WATERING).stdout
    assert re.search(r"X\.000910 begins by itself at 2026-11-30T08:\d\d:\d\d(\.\d+)?\+07:00 for the first time", said), said
    assert schedule(world)["version"] == 1
    wait_until("it begins", lambda: len(begun(world)) >= 2)
    for point in POINTS:
        for router in ("router-1", "router-2"):
            before = len(begun(world)) + missed(world)
            world.run("stop", router)
            world.start(router, LIENTHONG_STOP=f"{point}:1")
            wait_until(f"{router} dies at {point}, or the other is always first", lambda: not world.running(router)
                       or len(begun(world)) + missed(world) > before + 3)
            world.run("restart", router)
    world.kill("router-1", "router-2")          # nobody is there for some ticks
    time.sleep(10)
    world.start("router-1", "router-2")
    before = len(begun(world))
    wait_until("it goes on", lambda: len(begun(world)) >= before + 2)
    Operator(world).done("schedule", "pause", PROCEDURE, "--reason", "too much water")
    dossiers, state = begun(world), world.rows("router", "SELECT number, begun, due_at - counts_from FROM schedule WHERE procedure = %s", PROCEDURE)[0]
    assert (state[0] - 1, state[1]) == (len(dossiers) + missed(world), len(dossiers))
    assert missed(world) >= 1 and state[2].total_seconds() == pytest.approx(4 * state[0], abs=1e-3)
    keys = [row[0] for row in world.rows("router", "SELECT key FROM submission WHERE agency = 0 AND key LIKE 'X.000910 %%'")]
    assert len(keys) == len(set(keys)) == len(dossiers)


def test_the_agency_gets_its_step_and_nobody_is_the_submitter(world, gardener):
    dossiers = begun(world)
    water(world, gardener, dossiers)
    assert statuses(world, dossiers[0]) == [1, 2, 4, 9, 10]
    record = shown(world, dossiers[0])
    assert record["submitter"] == "" and record["events"][0]["kind"] == "begun"
    text = lt(world, "dossier", "show", dossiers[0], "--database", world.settings["ROUTER_DATABASE"]).stdout
    assert "begun by time" in text and "due 2026-11-30T01:" in text
    world.check_invariants()


def test_it_begins_by_a_message_too_while_it_is_paused(world, gardener):
    before = begun(world)
    dossier = gardener.open("trees.drought")
    water(world, gardener, [dossier])
    time.sleep(5)
    assert begun(world) == before and schedule(world)["paused"]


def test_a_resumed_schedule_begins_with_its_next_tick(world):
    before, gone = begun(world), missed(world)
    Operator(world).done("schedule", "resume", PROCEDURE, "--reason", "dry again")
    assert missed(world) > gone and begun(world) == before
    wait_until("it begins again", lambda: len(begun(world)) > len(before))


def test_who_paused_and_resumed_it_and_why_is_shown_and_recorded(world):
    act = schedule(world)["last_act"]
    assert (act["act"], act["reason"]) == ("resumed", "dry again") and act["officer"] and act["agency"] and act["at"].startswith("2026-11-30T08:"), act
    shown = Operator(world).done("schedule", "list")
    assert re.search(rf"    resumed 2026-11-30T08:\S+ by {re.escape(act['officer'])} \({re.escape(act['agency'])}\): dry again\n", shown), shown
    assert world.one("router", "SELECT count(*) FROM event e JOIN schedule_act a ON a.event = e.sequence WHERE e.kind = 100 AND e.envelope IS NOT NULL") == 2
    Operator(world).done("ledger", "verify")
    operator = Operator(world)
    assert "why?" in operator.refused("schedule", "pause", PROCEDURE, status=2)
    assert "9.999999" in operator.refused("schedule", "pause", "9.999999", "--reason", "none such")
    join(world, {"000.42.00.H58": "clerk"})     # keys, but not the role
    file = pathlib.Path(operator.file).with_name("clerk.yaml")
    file.write_text(pathlib.Path(operator.file).read_text().replace(act["agency"], "000.42.00.H58"))
    assert "operator" in Operator(world, file).refused("schedule", "pause", PROCEDURE, "--reason", "mine")
    assert not schedule(world)["paused"] and schedule(world)["last_act"] == act
    world.check_invariants()


def test_a_newer_version_counts_from_its_own_deployment(world, tmp_path):
    said = deploy(world, version(tmp_path, replace=[(EACH, "<bpmn:timeCycle>R3/PT2S</bpmn:timeCycle>")])).stdout
    assert "begins by itself at" in said
    wait_until("its three times are over", lambda: schedule(world)["next"] is None)
    of_version = world.one("router", "SELECT count(*) FROM dossier d JOIN process p ON p.id = d.process WHERE p.procedure = %s AND p.version = 2", PROCEDURE)
    entry = schedule(world)
    assert entry["version"] == 2 and of_version == entry["begun"] == 3
    before = begun(world)
    time.sleep(6)
    assert begun(world) == before               # nor does the first version go on


def test_a_date_that_is_past_never_comes(world, tmp_path):
    said = deploy(world, version(tmp_path, replace=[(EACH, "<bpmn:timeDate>2026-11-30T07:59:00</bpmn:timeDate>")])).stdout
    assert "X.000910 never begins by itself: its dates are past" in said
    assert schedule(world)["next"] is None


def test_a_date_to_come_comes_once_by_the_calendars_clock(world, clock, tmp_path):
    said = deploy(world, version(tmp_path, replace=[(EACH, "<bpmn:timeDate>2026-12-01T08:00:00</bpmn:timeDate>")])).stdout
    assert "X.000910 begins by itself at 2026-12-01T08:00:00+07:00 for the first time" in said
    before = begun(world)
    clock.move(at("2026-12-01 08:00"))
    wait_until("it begins", lambda: len(begun(world)) > len(before))
    assert len(begun(world)) == len(before) + 1 and schedule(world)["next"] is None


def noted(world, reason):
    return world.one("router", "SELECT coalesce(sum(ticks), 0)::bigint FROM schedule_missed WHERE procedure = %s AND reason = %s", PROCEDURE, reason)


def test_a_newer_version_of_a_paused_schedule_stays_paused(world, tmp_path):
    deploy(world, version(tmp_path, replace=[(EACH, "<bpmn:timeCycle>R/PT2S</bpmn:timeCycle>")]))
    before = len(begun(world))
    wait_until("it begins", lambda: len(begun(world)) > before)
    Operator(world).done("schedule", "pause", PROCEDURE, "--reason", "too much water")
    number, paused, before = schedule(world)["version"], noted(world, "it was paused"), begun(world)
    time.sleep(5)                               # ticks that are overdue, and not noted yet
    assert noted(world, "it was paused") == paused
    deploy(world, version(tmp_path, replace=[(EACH, "<bpmn:timeCycle>R/PT3S</bpmn:timeCycle>")]))
    entry = schedule(world)
    assert entry["paused"] and entry["version"] == number + 1 and entry["begun"] == 0
    assert noted(world, "it was paused") >= paused + 2
    time.sleep(4)
    assert begun(world) == before and schedule(world)["paused"]
    Operator(world).done("schedule", "resume", PROCEDURE, "--reason", "dry again")
    wait_until("the newer version begins", lambda: schedule(world)["begun"] > 0)


def test_what_was_overdue_when_a_version_is_replaced_is_noted(world, tmp_path):
    world.kill("router-1", "router-2")
    before, replaced = begun(world), noted(world, "a newer version was deployed")
    time.sleep(7)                               # two ticks of the version before, at least
    deploy(world, version(tmp_path, replace=[(EACH, "<bpmn:timeCycle>R/PT1H</bpmn:timeCycle>")]))
    assert noted(world, "a newer version was deployed") >= replaced + 2
    world.start("router-1", "router-2")
    time.sleep(5)
    assert begun(world) == before               # the ticks of the version before begin nothing any more
    assert schedule(world)["begun"] == 0


def test_a_version_without_timer_ends_it(world, gardener, tmp_path):
    deploy(world, version(tmp_path, replace=[(EACH, "<bpmn:timeCycle>R/PT1S</bpmn:timeCycle>")]))
    before = len(begun(world))
    wait_until("it begins", lambda: len(begun(world)) > before)
    text = version(tmp_path).read_text()
    text = re.sub(r'<bpmn:startEvent id="each".*</bpmn:startEvent>', "", text)
    text = text.replace('<bpmn:sequenceFlow id="f1" sourceRef="each" targetRef="received"/>', "")
    (tmp_path / "watering.bpmn").write_text(text)
    assert "begins by itself" not in deploy(world, tmp_path / "watering.bpmn").stdout
    assert schedule(world) is None
    after = begun(world)
    time.sleep(3)
    assert begun(world) == after
    water(world, gardener, [d for d in after if shown(world, d)["ended"] is None])
    world.check_invariants()
