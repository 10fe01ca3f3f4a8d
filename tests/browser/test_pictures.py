"""Each shipped procedure, drawn by bpmn-js in Chromium as the console and any editor would draw it: nothing is missing, lies over
something else or outside its lane, no line runs through a box or a name, and every name can be read.

Needs node, npm and Chromium (deploy/setup.sh test). The packages of package-lock.json are installed into the build folder by
`npm ci`, once. LT_PICTURES=FOLDER keeps the pictures."""
import filecmp
import json
import os
import pathlib
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from drawing import Drawing

HERE = pathlib.Path(__file__).resolve().parent
WORKFLOWS = HERE.parents[1] / "deploy" / "workflows"
FILES = sorted(WORKFLOWS.glob("*.bpmn"))
INSTALLED = pathlib.Path(os.environ["LT_BUILD"]) / "browser"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DRAWN = ("Event", "Task", "task", "Gateway", "subProcess", "callActivity", "sequenceFlow", "lane", "participant", "messageFlow", "association")


def chromium():
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "Chromium is missing: run deploy/setup.sh test"
    return found


def install():
    for program in ("node", "npm"):
        assert shutil.which(program), f"{program} is missing: run deploy/setup.sh test"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    stamp, lock = INSTALLED / "installed.json", HERE / "package-lock.json"
    if not stamp.exists() or not filecmp.cmp(stamp, lock, shallow=False):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, INSTALLED)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false"], cwd=INSTALLED,
                              capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"npm ci failed in {INSTALLED}:\n{done.stderr[-2000:]}"
        shutil.copy(lock, stamp)
    shutil.copy(HERE / "pictures.mjs", INSTALLED)


def draw(files):
    install()
    pictures = os.environ.get("LT_PICTURES")
    command = ["node", "pictures.mjs", chromium(), *map(str, files), *(["--pictures", os.path.abspath(pictures)] if pictures else [])]
    done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def drawn():
    return draw(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bpmn_js_draws_it_whole(drawn, path):
    result = drawn[str(path)]
    assert not result["warnings"]
    wanted = {e.get("id") for e in ElementTree.parse(path).getroot().iter() if e.tag.startswith(BPMN) and e.tag[len(BPMN):].endswith(DRAWN)}
    assert {e["id"] for e in result["shapes"] + result["edges"]} == wanted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_can_be_read(drawn, path):
    lanes = {lane.get("id"): [ref.text.strip() for ref in lane.iter(f"{BPMN}flowNodeRef")]
             for lane in ElementTree.parse(path).getroot().iter(f"{BPMN}lane")}
    faults = Drawing(drawn[str(path)]).faults(lanes)
    assert not faults, "\n".join(faults)


SHAPES = {"a": (100, 100, 100, 80), "b": (300, 100, 100, 80)}


def scene(shapes=None, edges=(), labels=()):
    """A drawing by hand, of tasks."""
    task = {"type": "bpmn:Task", "parent": "p", "host": None, "text": None, "label": False}
    return Drawing({"shapes": [{**task, "id": name, "box": box} for name, box in {**SHAPES, **(shapes or {})}.items()]
                    + [{**task, "id": name, "box": box, "text": box, "label": True} for name, box in labels],
                    "edges": [{"id": f"{source}-{target}", "label": False, "source": source, "target": target, "points": points}
                              for source, target, points in edges]})


@pytest.mark.parametrize("words, faulty", [
    ("c lies over b", scene({"c": (350, 150, 100, 80)})),
    ("a-b runs through c", scene({"c": (220, 100, 60, 80)}, [("a", "b", [(200, 140), (300, 140)])])),
    ("a-b runs through a", scene(None, [("a", "b", [(100, 140), (300, 140)])])),
    ("the name of x lies over a", scene(None, (), [("x", (90, 90, 50, 20))])),
    ("a-b runs through the name of x", scene(None, [("a", "b", [(200, 140), (300, 140)])], [("x", (230, 130, 40, 20))])),
    ("the names of y and x lie over each other", scene(None, (), [("x", (230, 10, 40, 20)), ("y", (250, 15, 40, 20))])),
    ("c-d and a-b run along one line", scene({"c": (100, 300, 9, 9), "d": (300, 300, 9, 9)}, [
        ("a", "b", [(200, 240), (300, 240)]), ("c", "d", [(220, 240), (400, 240)])])),
])
def test_a_fault_is_found(words, faulty):
    assert faulty.faults({}) == [words]


def test_what_stands_outside_its_lane_is_found():
    lane = scene({"l": (0, 0, 250, 200)})
    lane.by_id["l"]["type"] = "bpmn:Lane"
    assert lane.faults({"l": ["a", "b"]}) == ["b lies outside its lane l"]


def test_what_hides_a_name_is_found():
    task = scene({"e": (140, 160, 36, 36)})
    task.by_id["a"]["text"] = (110, 120, 80, 45)
    task.by_id["e"]["host"] = "a"
    assert task.faults({}) == ["e lies over the name of a"]


def test_a_good_drawing_has_no_faults():
    assert scene(None, [("a", "b", [(200, 140), (300, 140)])], [("x", (230, 110, 40, 20))]).faults({}) == []
