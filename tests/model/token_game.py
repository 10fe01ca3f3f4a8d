"""A small token game for procedures, made from the BPMN standard and common/workflow/README.md, not from the engine's code.

Scopes are objects in a tree, tokens rest in them, what has completed is a tree too. Time is not modelled: an armed timer may fire at
any moment. See driver.c for the events and for what is compared.
"""
from collections import Counter, deque

from interference import Interference
from pieces import Done, Refused, Scope, Token

STEPS = ("task", "user")
CATCHES = ("catch", "receive")
LIMIT_MOVES = 2000


class Game(Interference):
    def __init__(self, procedure):
        self.p = procedure
        self.facts = {}
        self.root = None
        self.ended = False
        self.numbers = 0
        self.queue = deque()
        self.sent = []
        self.pending = None
        self.stuck = False    # nothing can happen any more, and it has not ended
        self.unasked = set()  # irrevocable tasks whose step was given up without a question
        self.exercised = Counter()

    # --- looking ----------------------------------------------------------------------------------------------------

    def kind(self, node):
        return self.p.nodes[node]["kind"]

    def get(self, node, key, otherwise=None):
        return self.p.nodes[node].get(key, otherwise)

    def scopes(self, scope=None):
        scope = scope or self.root
        if scope is None:
            return
        yield scope
        for token in list(scope.tokens):
            if token.body:
                yield from self.scopes(token.body)

    def tokens(self):
        return sorted((t for s in self.scopes() for t in s.tokens), key=lambda t: t.number)

    def steps(self):
        return sorted((t for t in self.tokens() if t.step is not None), key=lambda t: t.step)

    def timers(self):
        """(number, node, token or None, scope), the oldest first."""
        found = [(number, node, t, t.scope) for t in self.tokens() for number, node in t.timers]
        found += [(number, node, None, s) for s in self.scopes() for number, node in s.timers]
        return sorted(found, key=lambda x: x[0])

    def places(self, operation, sender):
        """Where a message is waited for: (node, token or None, scope)."""
        found = []
        for t in self.tokens():
            if self.kind(t.node) == "event-gateway":
                events = [self.p.flows[f][1] for f in self.p.out[t.node]]
                found += [(e, t, t.scope) for e in events if self.waits(e, operation, sender, t)]
            elif self.kind(t.node) in CATCHES and self.waits(t.node, operation, sender, t):
                found.append((t.node, t, t.scope))
            if t.item is None:
                found += [(b, t, t.scope) for b in self.p.edges[t.node]
                          if self.kind(b) == "on-message" and self.waits(b, operation, sender, t)]
        for s in self.scopes():
            if s.kind == "body" and not s.closed:
                found += [(h, None, s) for h in self.p.handlers(s.node)
                          if self.kind(h) == "start-message" and self.waits(h, operation, sender, s.owner)]
        return found

    def waits(self, node, operation, sender, token):
        if self.get(node, "op") != operation:
            return False
        if self.get(node, "role") != "board":
            return sender is None
        return sender is not None and self.item(token) == sender

    @staticmethod
    def item(token):
        while token:
            if token.item is not None:
                return token.item
            token = token.scope.owner
        return None

    # --- tokens -----------------------------------------------------------------------------------------------------

    def number(self):
        self.numbers += 1
        return self.numbers

    def new_token(self, node, scope):
        token = Token(self.number(), node, scope)
        scope.tokens.append(token)
        self.queue.append(token)
        return token

    def drop(self, token):
        """It vanishes, with all that it holds."""
        if token.body:
            self.clear(token.body)
        token.scope.tokens.remove(token)
        if token in self.queue:
            self.queue.remove(token)
        for done in token.undoing or []:
            done.home.done.append(done)
        if token.step is not None and self.get(token.node, "irrevocable"):
            self.unasked.add(token.node)
        token.timers, token.step, token.incident, token.stopped = [], None, None, []

    def clear(self, scope):
        for token in list(scope.tokens):
            self.drop(token)

    def move(self, token, node, flow=None):
        token.node, token.flow = node, flow
        token.timers, token.step, token.body, token.incident, token.stopped = [], None, None, None, []
        self.queue.append(token)

    def leave(self, token, flows):
        for index, flow in enumerate(flows):
            to = self.p.flows[flow][1]
            if index == 0:
                self.move(token, to, flow)
            else:
                other = Token(self.number(), to, token.scope)
                other.flow = flow
                token.scope.tokens.append(other)
                self.queue.append(other)

    def complete(self, token, within=None, skipped=False):
        token.incident, token.stopped = None, []
        if token.item is not None:
            self.instance_done(token, within)
            return
        node, scope = token.node, token.scope
        undone = not skipped and any(self.kind(b) == "on-compensation" for b in self.p.edges[node])
        if undone or within:
            by = self.item(token) if self.get(node, "role") == "board" else None
            scope.done.append(Done(node, within or [], scope, (self.number(),), by))
        token.body, token.step, token.timers = None, None, []
        if not self.p.out[node]:
            self.drop(token)
            self.over_if_empty(scope)
        else:
            self.leave(token, self.p.out[node])

    def run(self):
        moves = 0
        while True:
            while self.queue:
                moves += 1
                if moves > LIMIT_MOVES:
                    raise RuntimeError("the procedure moves without end")
                self.enter(self.queue.popleft())
            if not self.join_once():
                self.settle()
                return

    # --- entering ---------------------------------------------------------------------------------------------------

    def enter(self, token):
        node = token.node
        kind = self.kind(node)
        self.exercised[kind] += 1
        self.exercised["call"] += bool(self.get(node, "called"))
        if kind in STEPS:
            self.enter_step(token)
        elif kind in ("subprocess", "event-subprocess"):
            self.enter_scope(token)
        elif kind in ("exclusive", "inclusive"):
            if kind == "inclusive" and len(self.p.into[node]) > 1:
                return # join_once
            self.choose(token, kind == "inclusive")
        elif kind == "parallel":
            self.join_parallel(token)
        elif kind == "event-gateway":
            for flow in self.p.out[node]:
                if self.kind(self.p.flows[flow][1]) == "timer":
                    token.timers.append((self.number(), self.p.flows[flow][1]))
        elif kind == "timer":
            token.timers.append((self.number(), node))
        elif kind in CATCHES:
            self.arm_edges(token)
        elif kind == "send":
            self.sent.append(node)
            self.complete(token)
        elif kind == "escalate":
            self.escalate(token.scope, self.get(node, "error"))
            if token in token.scope.tokens:
                self.complete(token)
        elif kind in ("compensate", "end-compensate"):
            self.undo_begin(token)
        elif kind in ("end", "end-send", "end-escalate", "terminate", "error-end"):
            self.enter_end(token, kind)
        else:
            self.complete(token) # starts and boundary events

    def arm_edges(self, token):
        for b in self.p.edges[token.node]:
            if self.kind(b) == "on-timer":
                token.timers.append((self.number(), b))

    def enter_step(self, token):
        node = token.node
        if self.get(node, "over") and token.item is None:
            self.instances(token)
            return
        if self.get(node, "irrevocable") and self.covers(token):
            self.exercised["irrevocable step that waits"] += 1
            return
        if token.item is None:
            self.arm_edges(token)
        elif self.get(node, "silence"):
            token.timers.append((self.number(), node))
        self.exercised["irrevocable step"] += bool(self.get(node, "irrevocable"))
        token.step = self.number()
        token.received = token.cancelling = token.impossible = False

    def enter_scope(self, token):
        node = token.node
        if self.get(node, "over") and token.item is None:
            self.instances(token)
            return
        if token.item is None:
            self.arm_edges(token)
        token.body = Scope("body", node, token.scope, token)
        self.open(token.body)

    def open(self, scope, start=None):
        for h in self.p.handlers(scope.node):
            if self.kind(h) == "start-timer":
                scope.timers.append((self.number(), h))
        self.new_token(start or self.p.start(scope.node), scope)

    def enter_end(self, token, kind):
        scope, node = token.scope, token.node
        if kind == "end-send":
            self.sent.append(node)
        self.drop(token)
        if kind == "terminate":
            self.clear(scope)
            self.over(scope)
        elif kind == "error-end":
            self.throw(scope, self.get(node, "error"))
        else:
            if kind == "end-escalate":
                self.escalate(scope, self.get(node, "error"))
            if any(scope is s for s in self.scopes()):
                self.over_if_empty(scope)

    # --- gateways ---------------------------------------------------------------------------------------------------

    def holds(self, condition):
        fact, operator, number = condition
        return self.facts[fact] > number if operator == ">" else self.facts[fact] <= number

    def choose(self, token, every):
        default = self.get(token.node, "default")
        chosen = []
        for flow in self.p.out[token.node]:
            _, to, condition = self.p.flows[flow]
            if to != default and (condition is None or self.holds(condition)):
                chosen.append(flow)
                if not every:
                    break
        if not chosen:
            chosen = [f for f in self.p.out[token.node] if self.p.flows[f][1] == default]
        self.leave(token, chosen)

    def waiting(self, node, scope):
        """The oldest token that waits at NODE for each way in."""
        came = {}
        for t in scope.tokens:
            if t.node == node and t not in self.queue:
                came.setdefault(t.flow, t)
        return came

    def join_parallel(self, token):
        came = self.waiting(token.node, token.scope)
        if set(came) != set(self.p.into[token.node]):
            return
        came[token.flow] = token
        for other in came.values():
            if other is not token:
                self.drop(other)
        self.complete(token)

    def join_once(self):
        """Lets one inclusive join go on; False: none can."""
        for token in self.tokens():
            node = token.node
            if self.kind(node) != "inclusive" or len(self.p.into[node]) < 2:
                continue
            came = self.waiting(node, token.scope)
            if any(self.awaited(t, node, came) for t in token.scope.tokens if t.node != node):
                continue
            for other in came.values():
                if other.flow != token.flow:
                    self.drop(other)
            self.choose(token, True)
            return True
        return False

    def awaited(self, token, join, came):
        ways = [f for f in self.p.into[join] if self.p.reaches(token.node, f, join)]
        return bool(ways) and not any(f in came for f in ways)

    # --- scopes that end --------------------------------------------------------------------------------------------

    def over_if_empty(self, scope):
        if not scope.tokens:
            self.over(scope)

    def over(self, scope):
        token = scope.owner
        if scope is self.root:
            self.end()
        elif scope.kind == "undo":
            token.body = None
            self.undo_next(token)
        else:
            token.body = None
            self.complete(token, scope.done)

    def end(self):
        if self.root:
            self.clear(self.root)
        self.root = None
        self.ended = True
        self.settle()

    def catcher(self, nodes, code):
        named = [n for n in nodes if self.get(n, "error") == code]
        return (named or [n for n in nodes if not self.get(n, "error")] or [None])[0]

    def around(self, scope, kind):
        """Boundary events of KIND at the edge of SCOPE."""
        owner = scope.owner
        if owner is None or owner.item is not None or scope.kind == "undo":
            return []
        return [b for b in self.p.edges[owner.node] if self.kind(b) == kind]

    def inner(self, scope, kind):
        if scope.kind != "body" or scope.closed:
            return []
        return [h for h in self.p.handlers(scope.node) if self.kind(h) == kind]

    def throw(self, scope, code):
        while True:
            handler = self.catcher(self.inner(scope, "start-error"), code)
            if handler:
                self.begin(handler, scope)
                return
            if scope is self.root:
                self.end()
                return
            owner = scope.owner
            boundary = self.catcher(self.around(scope, "on-error"), code)
            self.clear(scope)
            owner.body = None
            if boundary:
                self.move(owner, boundary)
                return
            scope = owner.scope

    def throw_task(self, token, code):
        boundary = None
        if token.item is None:
            boundary = self.catcher([b for b in self.p.edges[token.node] if self.kind(b) == "on-error"], code)
        if boundary:
            self.move(token, boundary)
        else:
            self.throw(token.scope, code)

    def escalate(self, scope, code):
        while scope:
            handler = self.catcher(self.inner(scope, "start-escalation"), code)
            if handler:
                self.begin(handler, scope)
                return
            boundary = self.catcher(self.around(scope, "on-escalation"), code)
            if boundary:
                self.fire(boundary, scope.owner)
                return
            scope = scope.owner.scope if scope.owner else None

    def begin(self, handler, scope):
        """The event subprocess of HANDLER begins in SCOPE."""
        if not self.get(handler, "parallel-to"):
            if self.pending and self.pending.token is None and self.pending.scope is scope:
                self.give_up_pending()
            self.clear(scope)
            scope.timers, scope.incidents, scope.closed = [], [], True
        self.exercised[self.kind(handler)] += 1
        self.new_token(self.get(handler, "in"), scope)

    def fire(self, boundary, token):
        if self.get(boundary, "parallel-to"):
            self.new_token(boundary, token.scope)
            return
        if token.body:
            self.clear(token.body)
        self.move(token, boundary)

    # --- instances --------------------------------------------------------------------------------------------------

    def instances(self, token):
        self.exercised["instances"] += 1
        items = self.facts[self.get(token.node, "over")]
        self.arm_edges(token)
        scope = token.body = Scope("multi", token.node, token.scope, token)
        scope.total = len(items)
        if self.get(token.node, "answered"):
            self.facts[self.get(token.node, "answered")] = 0
        for item in items:
            self.new_token(token.node, scope).item = item
        if not items:
            self.instances_over(scope)

    def instance_done(self, token, within, silent=False):
        scope = token.scope
        if within:
            scope.done.append(Done(token.node, within, scope, (self.number(),)))
        token.body = None
        self.drop(token)
        scope.complete += 1
        answered = self.get(scope.node, "answered")
        scope.answered += not silent
        self.facts[answered] = scope.answered
        until = self.get(scope.node, "until")
        self.exercised["silence"] += silent
        if scope.complete == scope.total or (until is not None and scope.answered > until):
            self.exercised["completion condition"] += scope.complete < scope.total
            self.instances_over(scope)

    def instances_over(self, scope):
        owner = scope.owner
        self.clear(scope)
        owner.body = None
        self.complete(owner, scope.done)

    # --- compensation -----------------------------------------------------------------------------------------------

    def undo_begin(self, token):
        only = self.get(token.node, "undoes")
        scope, claimed = token.scope, []
        while True:
            mine = [d for d in scope.done if not only or d.node == only]
            scope.done = [d for d in scope.done if d not in mine]
            claimed += mine
            if scope.owner is None or scope.kind != "body" or self.kind(scope.node) != "event-subprocess":
                break
            scope = scope.owner.scope
        token.undoing = claimed
        self.undo_next(token)

    def undo_next(self, token):
        while token.undoing:
            done = max(token.undoing, key=lambda d: d.order)
            token.undoing.remove(done)
            edge = [b for b in self.p.edges[done.node] if self.kind(b) == "on-compensation"]
            if edge:
                token.body = Scope("undo", None, token.scope, token)
                undo = self.get(edge[0], "by")
                self.exercised["on-compensation"] += 1
                by = done.by if self.get(undo, "role") == self.get(done.node, "role") else None
                self.new_token(undo, token.body).by = by
                return
            for index, part in enumerate(sorted(done.within, key=lambda d: d.order)):
                part.home, part.order = done.home, done.order + (index,)
                token.undoing.append(part)
        token.undoing = None
        if self.kind(token.node) == "compensate":
            self.complete(token)
        else:
            scope = token.scope
            self.drop(token)
            self.over_if_empty(scope)

    # --- events -----------------------------------------------------------------------------------------------------

    def open_dossier(self, facts):
        self.sent = []
        self.facts.update(facts)
        self.root = Scope("body", None, None, None)
        self.open(self.root)
        self.run()

    def answer(self, token, facts, error=None):
        self.sent = []
        self.facts.update(facts)
        asked = token.cancelling
        token.step, token.timers, token.incident, token.stopped = None, [], None, []
        if asked:
            self.answered_first(token)
        if error:
            self.throw_task(token, error)
        else:
            self.complete(token)
        self.run()

    def receipt(self, token):
        self.sent = []
        token.received = True
        if not token.impossible:
            token.incident = None

    # --- messages and timers ----------------------------------------------------------------------------------------

    def message(self, operation, sender):
        places = self.places(operation, sender)
        if len(places) != 1:
            raise Refused()
        self.sent = []
        node, token, scope = places[0]
        self.happen(node, token, scope, True)
        self.run()

    def timer(self, entry):
        self.sent = []
        number, node, token, scope = entry
        (token.timers if token else scope.timers).remove((number, node))
        if token and token.node == node and token.item is not None:
            token.step, token.timers = None, []
            self.instance_done(token, None, silent=True)
        else:
            try:
                self.happen(node, token, scope, False)
            except Refused: # nobody could be told: somebody must see it
                self.exercised["timer that could not happen"] += 1
                (token.stopped if token else scope.incidents).append(node)
        self.run()

    def happen(self, node, token, scope, told):
        if token is None:
            self.begin_asked(node, scope, told)
        elif node in self.p.edges[token.node]:
            self.fire_asked(node, token, told)
        elif token.node != node:
            token.flow = next(f for f in self.p.out[token.node] if self.p.flows[f][1] == node)
            token.node = node
            self.complete(token)
        else:
            self.complete(token)

    def describe(self):
        def name(token):
            item = token.by or self.item(token) if self.get(token.node, "role") == "board" else None
            return token.node + (f"@{item}" if item else "")
        text = "applied"
        for what, names in (("steps", [name(t) for t in self.steps()]), ("timers", [t[1] for t in self.timers()]),
                            ("sent", self.sent)):
            text += f" | {what}" + "".join(f" {n}" for n in sorted(names))
        incidents = sum((t.incident is not None) + len(t.stopped) for t in self.tokens())
        incidents += sum(len(s.incidents) for s in self.scopes())
        return text + f" | incidents {incidents}" + (" | ended" if self.ended else "")
