"""Random procedures that can always come to their end, in the words of tests/unit/workflow/text.h and as token_game.Procedure."""
from pieces import Procedure

SCOPES = ("subprocess", "event-subprocess")
FLAGS = {"parallel-to", "undo", "silence", "irrevocable", "spent"}


class Generator:
    def __init__(self, random):
        self.random = random
        self.nodes, self.flows, self.facts = {}, [], []
        self.depth = 0
        self.size = 0
        self.throws = random.random() < 0.5 # compensation somewhere: then tasks get handlers

    def node(self, kind, scope, **keys):
        name = f"{kind[0]}{len(self.nodes)}"
        node = {"kind": kind, **{k.replace("_", "-"): v for k, v in keys.items() if v is not None and v is not False}}
        if scope:
            node["in"] = scope
        self.nodes[name] = node
        self.size += 1
        return name

    def flow(self, a, b, condition=None):
        self.flows.append((a, b, condition))

    def chance(self, probability):
        return self.random.random() < probability

    # --- blocks: each takes the scope and returns its first and last node -------------------------------------------------

    def block(self, scope):
        if self.depth > 3 or self.size > 60:
            return self.task(scope)
        self.depth += 1
        choices = [(self.task, 6), (self.sequence, 4), (self.exclusive, 2), (self.parallel, 2), (self.inclusive, 3),
                   (self.loop, 1), (self.race, 2), (self.wait, 2), (self.send, 1), (self.box, 3), (self.many, 2),
                   (self.away, 1)]
        made = self.random.choices([c for c, _ in choices], [w for _, w in choices])[0](scope)
        self.depth -= 1
        return made

    def task(self, scope, role=None):
        name = self.node("task", scope, sets="x", irrevocable=self.chance(0.4), budget="480m", role=role or ("board" if self.in_board(scope) and self.chance(0.5) else None))
        if self.throws and self.chance(0.6):
            undo = self.node("task", scope, undo=True, role=self.nodes[name].get("role"), sets="x")
            self.node("on-compensation", scope, at=name, by=undo)
        if self.chance(0.1):
            after = {"elapsed": 1000} if self.chance(0.5) else {"spent": True}
            boundary = self.node("on-timer", scope, at=name, parallel_to=True, **after)
            self.side(boundary, scope)
        return name, name

    def in_board(self, scope):
        """Whether SCOPE is within instances; a boundary event of theirs is outside."""
        while scope:
            if self.nodes[scope].get("over"):
                return True
            scope = self.nodes[scope].get("in")
        return False

    def send(self, scope):
        name = self.node("send", scope)
        return name, name

    def side(self, start, scope):
        """A way of its own from START to an end."""
        at = start
        if self.chance(0.5):
            first, at_last = self.block(scope)
            self.flow(at, first)
            at = at_last
        self.flow(at, self.node("end-send" if self.chance(0.2) else "end", scope))

    def sequence(self, scope):
        first, last = self.block(scope)
        for _ in range(self.random.randint(1, 2)):
            a, b = self.block(scope)
            self.flow(last, a)
            last = b
        return first, last

    def ways(self, scope, split, join, conditions):
        """Blocks between SPLIT and JOIN, the last way the default of a gateway that chooses."""
        ends = []
        for index, condition in enumerate(conditions):
            if self.chance(0.15) and index > 0:
                ends.append((join, None, condition))
            else:
                first, last = self.block(scope)
                ends.append((first, last, condition))
        default = None
        for first, last, condition in ends:
            if first == join and default == join:
                continue # one flow between two nodes
            if condition is None:
                default = first
            self.flow(split, first, condition)
            if last:
                self.flow(last, join)
        return default

    def exclusive(self, scope):
        split, join = self.node("exclusive", scope), self.node("exclusive", scope)
        conditions = [("x", ">", self.random.randint(1, 2)) for _ in range(self.random.randint(1, 2))] + [None]
        self.nodes[split]["default"] = self.ways_with_default(scope, split, join, conditions)
        return split, join

    def ways_with_default(self, scope, split, join, conditions):
        """As ways; no way leads straight to the join but the default."""
        for condition in conditions[:-1]:
            first, last = self.block(scope)
            self.flow(split, first, condition)
            self.flow(last, join)
        if self.chance(0.4):
            self.flow(split, join)
            return join
        first, last = self.block(scope)
        self.flow(split, first)
        self.flow(last, join)
        return first

    def parallel(self, scope):
        split, join = self.node("parallel", scope), self.node("parallel", scope)
        for _ in range(self.random.randint(2, 3)):
            first, last = self.block(scope)
            self.flow(split, first)
            self.flow(last, join)
        return split, join

    def inclusive(self, scope):
        split, join = self.node("inclusive", scope), self.node("inclusive", scope)
        conditions = [("x", ">", k) for k in range(self.random.randint(1, 3))] + [None]
        self.nodes[split]["default"] = self.ways_with_default(scope, split, join, conditions)
        return split, join

    def away(self, scope):
        """An inclusive join that one of the tokens may never reach: a subprocess around it, for the end."""
        box = self.node("subprocess", scope)
        start, end = self.node("start", box), self.node("end", box)
        split, join = self.node("parallel", box), self.node("inclusive", box)
        self.flow(start, split)
        for _ in range(self.random.randint(2, 3)):
            first, last = self.block(box)
            self.flow(split, first)
            if self.chance(0.5):
                gateway = self.node("exclusive", box, default=join)
                self.flow(last, gateway)
                self.flow(gateway, self.node("end", box), ("x", ">", 1))
                self.flow(gateway, join)
            else:
                self.flow(last, join)
        first, last = self.block(box)
        self.flow(join, first)
        self.flow(last, end)
        return box, box

    def loop(self, scope):
        join, gateway, after = self.node("exclusive", scope), self.node("exclusive", scope), self.node("exclusive", scope)
        first, last = self.task(scope)
        self.flow(join, first)
        self.flow(last, gateway)
        self.nodes[gateway]["default"] = after
        self.flow(gateway, join, ("x", ">", 2))
        self.flow(gateway, after)
        return join, after

    def message(self):
        return f"m{len(self.nodes)}"

    def wait(self, scope):
        if self.chance(0.4):
            name = self.node("timer", scope, elapsed=1000)
        else:
            role = "board" if self.in_board(scope) else "citizen"
            name = self.node(self.random.choice(("catch", "receive")), scope, op=self.message(), role=role)
            if self.nodes[name]["kind"] == "receive" and self.chance(0.3):
                boundary = self.node("on-timer", scope, at=name, elapsed=1000)
                join = self.node("exclusive", scope)
                self.flow(name, join)
                self.flow(boundary, join)
                return name, join
        return name, name

    def race(self, scope):
        gateway, join = self.node("event-gateway", scope), self.node("exclusive", scope)
        role = "board" if self.in_board(scope) else "citizen"
        for index in range(self.random.randint(2, 3)):
            if index == 0:
                event = self.node("timer", scope, elapsed=1000)
            else:
                event = self.node(self.random.choice(("catch", "receive")), scope, op=self.message(), role=role)
            self.flow(gateway, event)
            if self.chance(0.5):
                first, last = self.block(scope)
                self.flow(event, first)
                self.flow(last, join)
            else:
                self.flow(event, join)
        return gateway, join

    # --- subprocesses -----------------------------------------------------------------------------------------------

    def fill(self, box, kind="start", **keys):
        start = self.node(kind, box, **keys)
        first, last = self.block(box)
        self.flow(start, first)
        return last

    def finish(self, box, last):
        roll = self.random.random()
        if self.throws and roll < 0.25:
            self.flow(last, self.node("end-compensate", box))
        elif roll < 0.35:
            self.flow(last, self.node("terminate", box))
        elif roll < 0.45 and self.catches(box, "error"):
            gateway = self.node("exclusive", box)
            end = self.node("end", box)
            self.nodes[gateway]["default"] = end
            self.flow(last, gateway)
            self.flow(gateway, self.node("error-end", box, error="BAD"), ("x", ">", 1))
            self.flow(gateway, end)
        elif roll < 0.6 and self.catches(box, "escalation"):
            self.flow(last, self.node("end-escalate", box, error="LATE"))
        else:
            if roll > 0.9 and self.catches(box, "escalation"):
                throw = self.node("escalate", box, error="LATE")
                self.flow(last, throw)
                last = throw
            elif roll > 0.8 and self.throws:
                throw = self.node("compensate", box)
                self.flow(last, throw)
                last = throw
            self.flow(last, self.node("end", box))

    def catches(self, box, what):
        """Whether something takes an error or escalation that leaves BOX: its boundary event, or an event subprocess of its own."""
        return self.nodes[box].get("takes") and what in self.nodes[box]["takes"]

    def box(self, scope, over=None):
        name = self.node("subprocess", scope, over=over, pick="board" if over else None,
                         called="other@0011223344556677" if self.chance(0.3) else None)
        takes = {w for w in ("error", "escalation") if self.chance(0.4)}
        self.nodes[name]["takes"] = takes
        self.finish(name, self.fill(name))
        join = self.node("exclusive", scope)
        self.flow(name, join)
        for what in sorted(takes):
            if self.chance(0.5):
                self.handler(name, f"start-{what}", error=self.random.choice(("BAD" if what == "error" else "LATE", None)),
                             parallel_to=what == "escalation" and self.chance(0.5))
            else:
                self.edge(name, scope, f"on-{what}", join, what == "escalation" and self.chance(0.5))
        role = "board" if self.in_board(scope) else "citizen"
        if self.chance(0.3):
            self.edge(name, scope, "on-message", join, self.chance(0.5), op=self.message(), role=role)
        if self.chance(0.4):
            self.edge(name, scope, "on-timer", join, self.chance(0.5), elapsed=1000)
        if self.chance(0.25):
            role = "board" if self.in_board(name) else "citizen"
            self.handler(name, "start-message", op=self.message(), role=role, parallel_to=self.chance(0.5))
        if self.chance(0.15):
            self.handler(name, "start-timer", elapsed=1000, parallel_to=self.chance(0.5))
        if self.throws and not over and self.chance(0.2):
            undo = self.node("task", scope, undo=True, sets="x")
            self.node("on-compensation", scope, at=name, by=undo)
        return name, join

    def edge(self, activity, scope, kind, join, beside, **keys):
        boundary = self.node(kind, scope, at=activity, parallel_to=beside, **keys)
        if beside:
            self.side(boundary, scope)
        else:
            self.flow(boundary, join)

    def handler(self, scope, kind, **keys):
        name = self.node("event-subprocess", scope)
        last = self.fill(name, kind, **keys)
        if self.throws and self.chance(0.4):
            throw = self.node("compensate", name)
            self.flow(last, throw)
            last = throw
        self.flow(last, self.node("end", name))

    def many(self, scope):
        if self.in_board(scope): # instances of instances would have to tell whose item counts
            return self.task(scope)
        if self.chance(0.5):
            return self.box(scope, over="who")
        fact = f"a{len(self.nodes)}"
        self.facts.append(fact)
        until = self.random.randint(0, 1) if self.chance(0.5) else None
        name = self.node("task", scope, role="board", sets="x", over="who", answered=fact, until=until,
                         silence=self.chance(0.5), budget="480m")
        if self.chance(0.3):
            join = self.node("exclusive", scope)
            self.flow(name, join)
            self.nodes[name]["raises"] = "BAD"
            self.edge(name, scope, "on-error", join, False)
            return name, join
        return name, name

    # --- the whole --------------------------------------------------------------------------------------------------

    def body(self, scope):
        """From a first to a last node, all that is done in SCOPE."""
        first, last = self.block(scope)
        second, end = self.block(scope)
        self.flow(last, second)
        if self.throws:
            throw = self.node("compensate", scope)
            self.flow(end, throw)
            end = throw
        if self.chance(0.3):
            self.handler(scope, "start-message", op=self.message(), role="citizen", parallel_to=self.chance(0.5))
        return first, end

    def withdrawn(self):
        """The whole in a subprocess that the citizen may withdraw from at any time."""
        box = self.node("subprocess", None)
        start = self.node("start", box)
        first, last = self.body(box)
        self.flow(start, first)
        self.flow(last, self.node("end", box))
        boundary = self.node("on-message", None, at=box, op="withdraw", role="citizen")
        self.flow(boundary, self.node("end", None))
        return box, box

    def make(self):
        start = self.node("start", None, sets="x,who")
        first, last = self.withdrawn() if self.chance(0.4) else self.body(None)
        self.flow(start, first)
        self.flow(last, self.node("end", None))
        for node in self.nodes.values():
            node.pop("takes", None)
        return Procedure(self.nodes, self.flows)


def text_of(generator):
    """The same for the driver."""
    lines = ["fact x decimal setters=land,board,desk", "fact who list setters=desk"]
    lines += [f"fact {f} decimal setters=engine" for f in generator.facts]
    for name, node in generator.nodes.items():
        line = f"{node['kind']} {name}"
        for key, value in node.items():
            if key in FLAGS:
                line += f" {key}"
            elif key == "until":
                line += f" until={node['answered']}:>:{value}"
            elif key != "kind":
                line += f" {key}={value}"
        lines.append(line)
    for a, b, condition in generator.flows:
        lines.append(f"{a} > {b}" + (f" ? {condition[0]} {condition[1]} {condition[2]}" if condition else ""))
    return lines
