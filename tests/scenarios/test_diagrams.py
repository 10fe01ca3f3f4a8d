"""Each shipped definition is drawn whole, so that an editor or viewer opens it: every element has its shape, every flow an edge
that begins and ends at what it joins, and a shape lies within that of its subprocess. Roles are drawn as lanes: whoever does
something has one, and what he does stands in it."""
import pathlib
import xml.etree.ElementTree as ElementTree

import pytest

WORKFLOWS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "workflows"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
LT = "{urn:lienthong:bpmn:1}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
NODES = ("Event", "Task", "task", "Gateway", "subProcess", "callActivity")
SLACK = 2  # coordinates are whole numbers


def numbers(element, *names):
    return tuple(float(element.get(name)) for name in names)


class Drawing:
    def __init__(self, path):
        self.root = ElementTree.parse(path).getroot()
        self.process = self.root.find(f"{BPMN}process")
        self.nodes, self.inside, self.flows = {}, {}, {}
        self.frames = [e.get("id") for e in self.root.iter() if e.tag in (f"{BPMN}participant", f"{BPMN}lane")]
        self.lane = {ref.text.strip(): lane for lane in self.root.iter(f"{BPMN}lane") for ref in lane.iter(f"{BPMN}flowNodeRef")}
        self.read(self.process, None)
        self.shapes = {s.get("bpmnElement"): numbers(s.find(BOUNDS), "x", "y", "width", "height") for s in self.root.iter(f"{DI}BPMNShape")}
        self.edges = {e.get("bpmnElement"): [numbers(p, "x", "y") for p in e.iter(WAYPOINT)] for e in self.root.iter(f"{DI}BPMNEdge")}

    def read(self, scope, outer):
        for element in scope:
            name = element.tag[len(BPMN):]
            if name == "sequenceFlow":
                self.flows[element.get("id")] = element
            elif name.endswith(NODES):
                self.nodes[element.get("id")] = element
                self.inside[element.get("id")] = outer
                self.read(element, element.get("id"))


def touches(point, shape):
    x, y, width, height = shape
    at_x, at_y = x - SLACK <= point[0] <= x + width + SLACK, y - SLACK <= point[1] <= y + height + SLACK
    on = min(abs(point[0] - x), abs(point[0] - x - width), abs(point[1] - y), abs(point[1] - y - height)) <= SLACK
    diamond = abs(abs(point[0] - x - width / 2) / (width / 2) + abs(point[1] - y - height / 2) / (height / 2) - 1) <= SLACK / 25
    return at_x and at_y and (on or diamond)


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.bpmn")), ids=lambda path: path.stem)
def test_a_shipped_definition_is_drawn_whole(path):
    d = Drawing(path)
    assert d.root.find(f"{DI}BPMNDiagram/{DI}BPMNPlane").get("bpmnElement") == d.root.find(f"{BPMN}collaboration").get("id")
    assert d.root.find(f"{BPMN}collaboration/{BPMN}participant").get("processRef") == d.process.get("id")
    assert set(d.shapes) == {*d.nodes, *d.frames}, "every element and nothing else has a shape"
    assert set(d.edges) == set(d.flows), "every flow and nothing else has an edge"
    for name, flow in d.flows.items():
        assert touches(d.edges[name][0], d.shapes[flow.get("sourceRef")]), f"{name} begins away from its source"
        assert touches(d.edges[name][-1], d.shapes[flow.get("targetRef")]), f"{name} ends away from its target"


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.bpmn")), ids=lambda path: path.stem)
def test_nothing_lies_on_top_of_another_or_outside_its_subprocess(path):
    d = Drawing(path)
    shapes = {name: d.shapes[name] for name in d.nodes}
    for name, (x, y, width, height) in shapes.items():
        outer = d.inside[name]
        if outer and not d.nodes[name].get("attachedToRef"):
            ox, oy, owidth, oheight = d.shapes[outer]
            assert ox <= x and oy <= y and x + width <= ox + owidth and y + height <= oy + oheight, f"{name} lies outside {outer}"
        for other, (ax, ay, awidth, aheight) in shapes.items():
            if name < other and d.inside[other] == outer and not d.nodes[name].get("attachedToRef") and not d.nodes[other].get("attachedToRef"):
                assert x + width <= ax or ax + awidth <= x or y + height <= ay or ay + aheight <= y, f"{name} lies over {other}"


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.bpmn")), ids=lambda path: path.stem)
def test_what_a_role_does_stands_in_its_lane(path):
    d = Drawing(path)
    for name, node in d.nodes.items():
        if node.get("attachedToRef"):
            continue  # it stands on its activity's edge, whoever sends the message
        assert name in d.lane, f"{name} stands in no lane"
        assert not node.get(f"{LT}role"), f"{name} names its role beside its lane"
        x, y, width, height = d.shapes[name]
        lx, ly, lwidth, lheight = d.shapes[d.lane[name].get("id")]
        assert lx <= x and ly <= y and x + width <= lx + lwidth and y + height <= ly + lheight, f"{name} lies outside its lane"
    roles = {lane.get(f"{LT}role") for lane in d.lane.values()} - {None}
    assert roles and all(lane.get("name") for lane in d.lane.values())
