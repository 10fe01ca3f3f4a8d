"""What comes between: interruptions that wait for irrevocable steps, and operators. A part of the token game."""
from pieces import Pending, Refused


class Interference:
    # --- interruptions ----------------------------------------------------------------------------------------------

    def within(self, scope, outer):
        while scope is not None and scope is not outer:
            scope = scope.parent
        return scope is outer

    def alive(self):
        """Whether what the pending interruption would take away is still there."""
        p = self.pending
        if p.token is None:
            return any(s is p.scope for s in self.scopes())
        return any(t is p.token for t in self.tokens()) and p.token.body is p.body and (p.body or p.token.step in (p.step, None))

    def covers(self, token):
        p = self.pending
        if not p or not self.alive():
            return False
        if p.token is None:
            return self.within(token.scope, p.scope)
        return self.within(token.scope, p.body) if p.body else token is p.token

    def give_up_pending(self):
        """It does not happen; who asked for it by message is told."""
        if self.pending.told:
            self.sent.append(self.pending.node)
        self.pending = None
        self.exercised["interruption dropped"] += 1

    def settle(self):
        if self.pending and not self.alive():
            self.give_up_pending()

    def asks(self, node, token, scope, told):
        """Asks the irrevocable steps of what NODE interrupts; False: there is none, so it happens at once."""
        if self.pending:
            self.exercised["second interruption"] += 1
            raise Refused()
        within = scope if token is None else token.body
        found = [t for t in self.steps() if self.get(t.node, "irrevocable") and
                 (self.within(t.scope, within) if within else t is token)]
        if not found:
            return False
        for t in found:
            t.cancelling = True
        self.pending = Pending(node, token, scope, told)
        self.exercised["interruption that waits"] += 1
        return True

    def fire_asked(self, boundary, token, told):
        if self.get(boundary, "parallel-to") or not self.asks(boundary, token, token.scope, told):
            self.fire(boundary, token)

    def begin_asked(self, handler, scope, told):
        if self.get(handler, "parallel-to") or not self.asks(handler, None, scope, told):
            self.begin(handler, scope)

    def answered_first(self, token):
        """An irrevocable step that was asked was answered after all."""
        if not self.covers(token):
            return
        self.exercised["answer that wins"] += 1
        self.give_up_pending()
        for t in self.tokens():
            if t is not token and self.get(t.node, "irrevocable") and t.step is None and not t.incident and not t.stopped and t not in self.queue:
                self.exercised["irrevocable step opened anew"] += 1
                self.move(t, t.node, t.flow)

    def cancelled(self, token):
        self.sent = []
        token.step, token.incident = None, None
        if not self.covers(token):
            self.exercised["irrevocable step opened anew"] += 1
            self.move(token, token.node, token.flow)
        elif not any(self.get(t.node, "irrevocable") and self.covers(t) for t in self.steps()):
            p, self.pending = self.pending, None
            self.exercised["interruption after it waited"] += 1
            if p.token is None:
                self.begin(p.node, p.scope)
            else:
                self.fire(p.node, p.token)
        self.run()

    # --- operators --------------------------------------------------------------------------------------------------

    def undeliverable(self, token):
        self.sent, token.incident = [], "step"

    def impossible(self, token):
        self.sent, token.incident, token.impossible = [], "step", True

    def retry(self, token):
        """The step of an incident is void, and a new one opened; when it is being cancelled, only that is asked again."""
        self.sent = []
        token.incident = None
        if not token.cancelling:
            self.move(token, token.node, token.flow)
        self.run()

    def skip(self, token, facts):
        """The step of an incident is void, and its token goes on as if it were answered; what was not done is not undone."""
        if not token.impossible and (token.cancelling or self.get(token.node, "irrevocable")):
            raise Refused()
        self.sent = []
        self.facts.update(facts)
        asked = token.cancelling
        token.step, token.timers, token.incident, token.stopped = None, [], None, []
        if asked:
            self.answered_first(token)
        self.complete(token, skipped=True)
        self.run()

    def stopped(self):
        """Timer events that could not happen: (node, token or None, scope)."""
        found = [(node, t, t.scope) for t in self.tokens() for node in t.stopped]
        return found + [(n, None, s) for s in self.scopes() for n in s.incidents]

    def retry_timer(self, node, token, scope):
        self.sent = []
        if token:
            self.fire_asked(node, token, False)
            token.stopped = [n for n in token.stopped if n != node]
        else:
            self.begin_asked(node, scope, False)
            scope.incidents = [n for n in scope.incidents if n != node]
        self.run()
