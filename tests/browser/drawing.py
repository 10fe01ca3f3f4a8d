"""What is wrong with a drawing, as bpmn-js has placed it (pictures.mjs). Boxes are (x, y, width, height)."""
import collections

CONTAINERS = ("bpmn:SubProcess", "bpmn:Participant", "bpmn:Lane")
SLACK = 1  # coordinates are whole numbers, and text has soft edges


def overlap(a, b, slack=SLACK):
    return (a[0] + a[2] > b[0] + slack and b[0] + b[2] > a[0] + slack
            and a[1] + a[3] > b[1] + slack and b[1] + b[3] > a[1] + slack)


def inside(a, b):
    return b[0] <= a[0] + SLACK and b[1] <= a[1] + SLACK and a[0] + a[2] <= b[0] + b[2] + SLACK and a[1] + a[3] <= b[1] + b[3] + SLACK


def segments(points):
    """Each as the box that it fills."""
    for (ax, ay), (bx, by) in zip(points, points[1:]):
        yield (min(ax, bx), min(ay, by), abs(ax - bx), abs(ay - by))


def crosses(segment, box):
    grown = (segment[0] - SLACK, segment[1] - SLACK, segment[2] + 2 * SLACK, segment[3] + 2 * SLACK)
    return overlap(grown, box, slack=2 * SLACK)


class Drawing:
    def __init__(self, drawn):
        self.shapes = [s for s in drawn["shapes"] if not s["label"]]
        self.labels = [s for s in drawn["shapes"] if s["label"] and s["text"]]
        self.edges = [e for e in drawn["edges"] if not e["label"]]
        self.by_id = {s["id"]: s for s in self.shapes}

    def around(self, name):
        """The containers in which it stands, and for what stands on an edge also those of its activity."""
        found = set()
        while name in self.by_id:
            shape = self.by_id[name]
            name = shape["parent"]
            found.add(name)
        return found

    def boxes(self):
        """What nothing may lie over, unless it stands within."""
        return [s for s in self.shapes if s["type"] != "bpmn:Lane" and s["type"] != "bpmn:Participant"]

    def overlapping(self):
        boxes = self.boxes()
        for i, a in enumerate(boxes):
            for b in boxes[:i]:
                related = b["id"] in self.around(a["id"]) or a["id"] in self.around(b["id"]) or b["id"] == a["host"] or a["id"] == b["host"]
                if not related and overlap(a["box"], b["box"]):
                    yield f"{a['id']} lies over {b['id']}"

    def outside(self, lanes):
        """LANES: for each lane the nodes that it names."""
        for lane, names in lanes.items():
            for name in names:
                if not inside(self.by_id[name]["box"], self.by_id[lane]["box"]) and not self.by_id[name]["host"]:
                    yield f"{name} lies outside its lane {lane}"
        for shape in self.shapes:
            parent = self.by_id.get(shape["parent"])
            if parent and not shape["host"] and not inside(shape["box"], parent["box"]):
                yield f"{shape['id']} lies outside {parent['id']}"

    def through_boxes(self):
        for edge in self.edges:
            ends = {edge["source"], edge["target"]}
            hosts = {self.by_id[end]["host"] for end in ends if end in self.by_id}
            within = self.around(edge["source"]) | self.around(edge["target"])
            for box in self.boxes():
                if box["id"] in within:
                    continue
                own = box["id"] in ends or (box["id"] in hosts and False)
                for segment in segments(edge["points"]):
                    shrunk = tuple(v + d for v, d in zip(box["box"], (2, 2, -4, -4))) if own or box["id"] in hosts else box["box"]
                    if crosses(segment, shrunk):
                        yield f"{edge['id']} runs through {box['id']}"
                        break

    def unreadable(self):
        for shape in self.shapes:
            if shape["text"] and shape["type"] not in CONTAINERS and not inside(shape["text"], shape["box"]):
                yield f"the name of {shape['id']} is larger than it"
            for other in self.boxes():
                if shape["text"] and other["host"] == shape["id"] and overlap(shape["text"], other["box"]):
                    yield f"{other['id']} lies over the name of {shape['id']}"
        for i, label in enumerate(self.labels):
            for other in self.labels[:i]:
                if overlap(label["text"], other["text"]):
                    yield f"the names of {label['id']} and {other['id']} lie over each other"
            for box in self.boxes():
                if box["type"] not in CONTAINERS and box["id"] != label["id"] and overlap(label["text"], box["box"]):
                    yield f"the name of {label['id']} lies over {box['id']}"
            for edge in self.edges:
                if any(crosses(s, label["text"]) for s in segments(edge["points"])):
                    yield f"{edge['id']} runs through the name of {label['id']}"
                    break

    def on_one_another(self):
        """Two edges that run along one line, other than where they begin or end together."""
        lines = collections.defaultdict(list)
        for edge in self.edges:
            for x, y, width, height in segments(edge["points"]):
                lines[("y", y) if height == 0 else ("x", x)].append((x if height == 0 else y, width or height, edge))
        for line in lines.values():
            for i, (at, size, edge) in enumerate(line):
                for at2, size2, other in line[:i]:
                    apart = {edge["source"], edge["target"]}.isdisjoint({other["source"], other["target"]})
                    if apart and at + size > at2 + SLACK and at2 + size2 > at + SLACK:
                        yield f"{edge['id']} and {other['id']} run along one line"

    def faults(self, lanes):
        return sorted({*self.overlapping(), *self.outside(lanes), *self.through_boxes(), *self.unreadable(), *self.on_one_another()})
