"""Each shipped definition is drawn whole, so that an editor or viewer opens it: every element has its shape, every flow an edge
that begins and ends at what it joins, and a shape lies within that of its subprocess."""
import pathlib
import xml.etree.ElementTree as ElementTree

import pytest

WORKFLOWS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "workflows"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
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
    assert d.root.find(f"{DI}BPMNDiagram/{DI}BPMNPlane").get("bpmnElement") == d.process.get("id")
    assert set(d.shapes) == set(d.nodes), "every element and nothing else has a shape"
    assert set(d.edges) == set(d.flows), "every flow and nothing else has an edge"
    for name, flow in d.flows.items():
        assert touches(d.edges[name][0], d.shapes[flow.get("sourceRef")]), f"{name} begins away from its source"
        assert touches(d.edges[name][-1], d.shapes[flow.get("targetRef")]), f"{name} ends away from its target"


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.bpmn")), ids=lambda path: path.stem)
def test_nothing_lies_on_top_of_another_or_outside_its_subprocess(path):
    d = Drawing(path)
    for name, (x, y, width, height) in d.shapes.items():
        outer = d.inside[name]
        if outer and not d.nodes[name].get("attachedToRef"):
            ox, oy, owidth, oheight = d.shapes[outer]
            assert ox <= x and oy <= y and x + width <= ox + owidth and y + height <= oy + oheight, f"{name} lies outside {outer}"
        for other, (ax, ay, awidth, aheight) in d.shapes.items():
            if name < other and d.inside[other] == outer and not d.nodes[name].get("attachedToRef") and not d.nodes[other].get("attachedToRef"):
                assert x + width <= ax or ax + awidth <= x or y + height <= ay or ay + aheight <= y, f"{name} lies over {other}"
