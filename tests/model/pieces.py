"""What the token game is played with: the procedure, scopes in a tree, tokens in them, and what has completed."""


class Refused(Exception):
    """The event cannot be applied; nothing has happened."""


class Procedure:
    """nodes: id → dict(kind, in, at, …); flows: list of (from, to, condition) with condition None or (fact, operator, number)."""

    def __init__(self, nodes, flows):
        self.nodes = nodes
        self.flows = flows
        self.out = {n: [] for n in nodes}
        self.into = {n: [] for n in nodes}
        for index, (a, b, _) in enumerate(flows):
            self.out[a].append(index)
            self.into[b].append(index)
        self.edges = {n: [b for b in nodes if nodes[b].get("at") == n] for n in nodes}

    def inside(self, scope):
        return [n for n in self.nodes if self.nodes[n].get("in") == scope]

    def start(self, scope):
        return next(n for n in self.inside(scope) if self.nodes[n]["kind"].startswith("start"))

    def handlers(self, scope):
        """Starts of the event subprocesses that stand in SCOPE."""
        return [self.start(n) for n in self.inside(scope) if self.nodes[n]["kind"] == "event-subprocess"]

    def reaches(self, node, flow, join):
        """Whether a token at NODE can come along FLOW without passing through JOIN."""
        seen, todo = set(), [node]
        while todo:
            at = todo.pop()
            if at in seen or at == join:
                continue
            seen.add(at)
            for way in [f for source in [at] + self.edges[at] for f in self.out[source]]:
                if way == flow:
                    return True
                todo.append(self.flows[way][1])
        return False


class Scope:
    def __init__(self, kind, node, parent, owner):
        self.kind, self.node, self.parent, self.owner = kind, node, parent, owner
        self.tokens, self.done, self.timers = [], [], []
        self.closed = False
        self.incidents = []  # starts of event subprocesses by timer that could not happen
        self.total = self.complete = self.answered = 0


class Token:
    def __init__(self, number, node, scope):
        self.number, self.node, self.scope = number, node, scope
        self.flow = None
        self.item = None
        self.by = None       # at an activity that undoes: the item that picked who did what is undone
        self.body = None     # the scope of the activity that it rests on
        self.step = None     # number of the open step
        self.timers = []     # [number, node]
        self.undoing = None  # at a compensation throw: what is left to undo, the last first
        self.incident = None # None or "step"
        self.stopped = []    # timer events that could not happen
        self.received = self.cancelling = self.impossible = False # of the open step


class Pending:
    """An interruption that waits for irrevocable steps: of the activity on which TOKEN rests, or (None) of SCOPE."""

    def __init__(self, node, token, scope, told):
        self.node, self.token, self.scope, self.told = node, token, scope, told
        self.body, self.step = (token.body, token.step) if token else (None, None)


class Done:
    """A completed activity that can be undone; WITHIN: what it did, when it is a subprocess. ORDER: when it completed; what is taken out
    of a subprocess stands in its place. BY: the item that picked who did it."""

    def __init__(self, node, within, home, order, by=None):
        self.node, self.within, self.home, self.order, self.by = node, within, home, order, by
