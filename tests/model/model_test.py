"""Random sound procedures through the engine and through an independent token game, event by event.

LIENTHONG_SEED=n repeats one procedure and prints it. See token_game.py and driver.c.
"""
import collections
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from generator import Generator, text_of  # noqa: E402
from pieces import Refused  # noqa: E402
from token_game import Game  # noqa: E402

PROCEDURES = 3000
EVENTS = 40
# What must have happened, each so often: elements that were entered, events, and what comes of them together.
EXERCISED_MIN = 8
EXERCISED = """task send exclusive parallel inclusive event-gateway timer catch receive subprocess event-subprocess end terminate error-end
end-send escalate end-escalate compensate end-compensate on-message on-timer on-error on-escalation on-compensation start-message
start-timer start-error start-escalation call instances silence answer receipt message cancelled undeliverable impossible retry
skip withdrawal retry-at""".split() + [
    "completion condition", "irrevocable step", "irrevocable step that waits", "irrevocable step opened anew", "interruption that waits",
    "interruption after it waited", "interruption dropped", "answer that wins", "second interruption", "timer that could not happen"]
DRIVER = os.path.join(os.environ["LT_BUILD"], "tests", "model_driver")


def may_answer(game, token, rng):
    error = game.get(token.node, "raises") if rng.random() < 0.3 else None
    return ({}, error) if error else ({"x": rng.randint(0, 3)}, None)


def events_of(game, trouble, unasked):
    """What may happen now, as (verb, thing). TROUBLE: also what ends a dossier soon, or stops it. UNASKED: messages for which nobody waits."""
    found = [("answer", t) for t in game.steps()] * 3
    found += [("receipt", t) for t in game.steps() if not t.received and not t.cancelling]
    found += [("cancelled", t) for t in game.steps() if t.cancelling] * 3
    if trouble:
        found += [("undeliverable", t) for t in game.steps() if not t.incident]
        found += [("impossible", t) for t in game.steps() if not t.incident and not t.impossible]
    for t in game.steps():
        found += [("retry", t), ("skip", t), ("retry", t), ("skip", t)] if t.incident == "step" else []
    stopped = [entry[0] for entry in game.stopped()]
    found += [("retry-at", entry) for entry in game.stopped() if stopped.count(entry[0]) == 1] * 3
    for entry in game.timers():
        token = entry[2]
        if not token or token.node != entry[1] or token.item is None or token.received:
            found += [("timer", entry)] * (4 if game.pending or (token and token.item) else 1)
    for name, node in game.p.nodes.items():
        if node.get("op") and (node["op"] != "withdraw" or trouble) and (node["kind"] in ("catch", "receive", "on-message", "start-message")):
            senders = game.facts["who"] if node["role"] == "board" else [None]
            found += [("message", (node["op"], s)) for s in senders if unasked or game.places(node["op"], s)]
    return found


def index_of(thing, things, node):
    same = [t for t in things if (t.node if hasattr(t, "node") else t[1]) == node]
    return next(i for i, t in enumerate(same) if t is thing or t == thing)


def apply(game, verb, thing, rng):
    """Applies it to the game; the driver's line, and what must come out."""
    before = game.describe()
    game.exercised["withdrawal" if verb == "message" and thing[0] == "withdraw" else verb] += 1
    try:
        if verb == "answer":
            facts, error = may_answer(game, thing, rng)
            line = f"answer {thing.node} {index_of(thing, game.steps(), thing.node)}"
            line += "".join(f" {k}={v}" for k, v in facts.items()) + (f" error={error}" if error else "")
            game.answer(thing, facts, error)
        elif verb == "receipt":
            line = f"receipt {thing.node} {index_of(thing, game.steps(), thing.node)}"
            game.receipt(thing)
        elif verb == "timer":
            line = f"timer {thing[1]} {index_of(thing, game.timers(), thing[1])}"
            game.timer(thing)
        elif verb in ("cancelled", "undeliverable", "impossible", "retry"):
            line = f"{verb} {thing.node} {index_of(thing, game.steps(), thing.node)}"
            getattr(game, verb)(thing)
        elif verb == "skip":
            x = rng.randint(0, 3)
            line = f"skip {thing.node} {index_of(thing, game.steps(), thing.node)} x={x}"
            game.skip(thing, {"x": x})
        elif verb == "retry-at":
            line = f"retry-at {thing[0]}"
            game.retry_timer(*thing)
        else:
            line = f"message {thing[0]}" + (f" from={thing[1]}" if thing[1] else "")
            game.message(*thing)
    except Refused:
        parts = before.split(" | ")
        return line, " | ".join(["refused"] + parts[1:3] + ["sent"] + parts[4:])
    return line, game.describe()


def play(seed):
    """(lines for the driver, what it must print) of one procedure."""
    rng = random.Random(seed)
    generator = Generator(rng)
    game = Game(generator.make())
    members = rng.sample("xyz", rng.randint(0, 3))
    facts = {"x": rng.randint(0, 3), "who": members}
    lines, wanted = [f"open x={facts['x']} who={','.join(members)}"], []
    game.open_dossier(facts)
    wanted.append(game.describe())
    while not game.ended and len(wanted) < EVENTS:
        choices = events_of(game, rng.random() < 0.3, rng.random() < 0.05)
        if not choices:
            game.stuck = True
            lines.pop(), wanted.pop()  # the engine opens an incident, which the token game does not know
            break
        line, want = apply(game, *rng.choice(choices), rng)
        lines.append(line)
        wanted.append(want)
    return ["process"] + text_of(generator) + ["."] + lines + ["end"], list(zip(lines, wanted)), game


def run_driver(lines):
    done = subprocess.run([DRIVER], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout.splitlines()


def explain(seed, lines, plays, got):
    text = [f"replay: LIENTHONG_SEED={seed}"] + lines[1:lines.index(".")]
    for (line, want), have in zip(plays, got):
        text += [line, f"  model:  {want}"] + ([f"  engine: {have}"] if have != want else [])
        if have != want:
            break
    return "\n".join(text)


def test_the_engine_plays_the_token_game():
    one = os.environ.get("LIENTHONG_SEED")
    seeds = [int(one)] if one else range(PROCEDURES)
    games = [(seed, *play(seed)) for seed in seeds]
    got = iter(run_driver([line for _, lines, _, _ in games for line in lines]))
    taken = 0
    for seed, lines, plays, game in games:
        lint = next(got).split()
        taken += lint == ["lint"] and game.exercised["irrevocable step"] > 0
        for what, found in (("unasked", game.unasked), ("stuck", game.stuck)):
            assert what in lint or not found, f"lint takes what is {what}\n" + explain(seed, lines, plays, [w for _, w in plays])
        have = [next(got) for _ in plays]
        assert have == [want for _, want in plays], explain(seed, lines, plays, have)
    if one:
        print(explain(games[0][0], games[0][1], games[0][2], [w for _, w in games[0][2]]))
        return
    exercised = sum((game.exercised for _, _, _, game in games), collections.Counter())
    ended = sum(plays[-1][1].endswith("ended") for _, _, plays, _ in games)
    print(f"{len(games)} procedures, {sum(len(p) for _, _, p, _ in games)} events, {ended} dossiers ended; exercised: "
          + ", ".join(f"{what} {exercised[what]}" for what in sorted(EXERCISED)))
    unasked = sum(bool(g.unasked) for _, _, _, g in games)
    print(f"lint takes {taken} procedures in which irrevocable steps were opened; {unasked} others gave one up unasked")
    assert taken > PROCEDURES // 10 and unasked >= EXERCISED_MIN, "lint refuses too much, or has nothing to refuse"
    assert ended > PROCEDURES // 3, f"only {ended} dossiers came to their end"
    rare = {what: exercised[what] for what in EXERCISED if exercised[what] < EXERCISED_MIN}
    assert not rare, f"too few of {rare}: the generator has become poor"
