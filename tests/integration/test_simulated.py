"""What `lt simulate` tells of a procedure is what the running system does: the same elements in the same order, the same
statuses, facts, parts and deliveries."""
import json
import subprocess

from world import ROOT, application

# What is under way side by side comes in any order: in the world by chance, in the simulation by the times of the scenario.
SIDE_BY_SIDE = [{"query-evidence", "check-identity"}, {"check-conditions", "extract-map"}, {"publish-result", "deliver"}]


def group(event):
    return next((i for i, g in enumerate(SIDE_BY_SIDE) if event["node"] in g), None)


def is_the_end_alone(side, out):
    """When the dossier ends with the other of the last two steps, its end is told for itself."""
    return side == 2 and out["type"] == "dossier.status" and out["status_told"] == out["status_before"]


def story(timeline):
    """The events as (what, where, facts, parts), and what went out, in blocks: those side by side make one block, in order of name."""
    blocks = []
    for event in timeline["events"]:
        side = group(event)
        if side is None or not blocks or blocks[-1][0] != side:
            blocks.append((side, [], []))
        said = (event["node"], event["kind"], tuple(sorted(event.get("facts", {}))), tuple(sorted(p["name"] for p in event.get("parts", []))))
        blocks[-1][1].append(said)
        blocks[-1][2].extend((out["kind"], out["type"], out.get("status_told"), out.get("status_before")) for out in event["out"]
                             if not is_the_end_alone(side, out))
    order = lambda x: json.dumps(x)
    return [(sorted(events, key=lambda e: e[0]) if side is not None else events, sorted(out, key=order)) for side, events, out in blocks]


def simulated(world, scenario):
    done = subprocess.run([world.settings["LT"], "simulate", str(ROOT / "deploy/workflows/land-transfer.bpmn"), "--json", "--scenario",
                           str(scenario)], capture_output=True, text=True, check=True)
    (result,) = json.loads(done.stdout)
    return result["timeline"]


def scenario(folder, text):
    path = folder / "scenario.yaml"
    path.write_text(f"scenario: as in the world\nextends: {ROOT}/deploy/workflows/scenarios/land-transfer/common.yaml\n{text}", encoding="utf-8")
    return path


def same(world, d, wanted):
    is_told = story(world.shown(d))
    for number, (was, want) in enumerate(zip(is_told, wanted)):
        assert was == want, f"block {number}"
    assert len(is_told) == len(wanted)


def test_the_happy_way(world, tmp_path):
    d = world.submit().happy()
    wanted = story(simulated(world, scenario(tmp_path, "steps: {accept: {answer: 1 wh, parts: [receipt]}}\n")))
    same(world, d, wanted)
    assert d.progress() == [1, 2, 4, 6, 4, 9, 10]


def test_refused_in_appraisal(world, tmp_path):
    parcel = world.next_parcel()
    assert world.land("POST", "/blocks", {"certificate": f"DM {parcel:08}", "kind": "seizure", "source": "court", "number": "5"}).status == 201
    d = world.submit(application(parcel, delivery={"method": "desk"}))
    d.accept()
    assert d.answer("desk.handover", signer="the applicant").status == 200
    d.reach(10)
    d.ended()
    wanted = story(simulated(world, scenario(tmp_path, """
submission: {facts: {delivery.method: desk}}
steps:
  accept: {answer: 1 wh, parts: [receipt]}
  check-conditions: {answer: 1 wd, facts: {conditions.result: refuse}}
""")))
    same(world, d, wanted)
