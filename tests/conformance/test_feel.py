"""Our FEEL against feelin, by another hand: expressions written by hand (feel/expressions.txt) and generated ones. Where the
two differ on purpose stands in feel/differences.txt, with the reason; anything else that differs is a failure.

Needs node and npm (deploy/setup.sh test). feelin is installed into the build folder by `npm ci`, once."""
import concurrent.futures
import decimal
import filecmp
import json
import os
import re
import shutil
import subprocess

import pytest

import feel_generator

HERE = os.path.dirname(os.path.abspath(__file__))
FEEL = os.path.join(HERE, "feel")
BUILD = os.environ["LT_BUILD"]
INSTALLED = os.path.join(BUILD, "feelin")
GENERATED = 10_000
SEED = int(os.environ.get("LT_SEED", "20261123"))


def run(command, text, **options):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False, **options)
    assert done.returncode == 0, f"{command[0]}: {done.stderr[-2000:]}"
    return done.stdout.split("\n")[:-1]


@pytest.fixture(scope="session")
def oracle():
    """The folder in which node finds feelin."""
    for program in ("node", "npm"):
        assert shutil.which(program), f"{program} is missing: run deploy/setup.sh test"
    os.makedirs(INSTALLED, exist_ok=True)
    stamp = os.path.join(INSTALLED, "installed.json")
    lock = os.path.join(FEEL, "package-lock.json")
    if not os.path.exists(stamp) or not filecmp.cmp(stamp, lock, shallow=False):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(FEEL, name), INSTALLED)
        # feelin asks for a newer node than Debian's; these tests are what shows that it runs there
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false"],
                              cwd=INSTALLED, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"npm ci failed in {INSTALLED}:\n{done.stderr[-2000:]}"
        shutil.copy(lock, stamp)
    shutil.copy(os.path.join(FEEL, "oracle.mjs"), INSTALLED)
    return INSTALLED


@pytest.fixture(scope="session")
def facts(tmp_path_factory):
    """facts.json as feel_tool reads it."""
    def text(value):
        return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    path = tmp_path_factory.mktemp("feel") / "facts"
    lines = []
    with open(os.path.join(FEEL, "facts.json"), encoding="utf-8") as file:
        for name, fact in json.load(file).items():
            value = fact["value"]
            if isinstance(value, list):
                value = "".join(text(item) + "|" for item in value)
            lines.append(f"{name} {fact['type']}" + ("" if value is None else " " + text(value)) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


def ours(expressions, facts):
    return run([os.path.join(BUILD, "tests", "feel_tool"), facts], "".join(e + "\n" for e in expressions))


def theirs(expressions, oracle):
    """In two processes: feelin takes a millisecond for an expression."""
    def half(part):
        return run(["node", os.path.join(oracle, "oracle.mjs"), os.path.join(FEEL, "facts.json")],
                   "".join(e + "\n" for e in part))
    middle = len(expressions) // 2
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first, second = pool.map(half, [expressions[:middle], expressions[middle:]])
    return first + second


NUMBER = re.compile(r'"(?:\\.|[^"\\])*"|(?<![\w.-])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.-])')


def same(a, b):
    """Equal texts, and numbers that a binary float cannot tell apart."""
    if a == b:
        return True
    if NUMBER.sub(lambda m: m[0] if m[0][0] == '"' else "#", a) != NUMBER.sub(lambda m: m[0] if m[0][0] == '"' else "#", b):
        return False
    for x, y in zip(NUMBER.findall(a), NUMBER.findall(b)):
        if x[0] == '"':
            continue
        x, y = decimal.Decimal(x), decimal.Decimal(y)
        if abs(x - y) > decimal.Decimal("1e-12") * max(1, abs(x)):
            return False
    return True


def lines(name):
    with open(os.path.join(FEEL, name), encoding="utf-8") as file:
        return [line for line in file.read().split("\n") if line and not line.startswith("#")]


def compare(expressions, oracle, facts):
    found = []
    for expression, a, b in zip(expressions, ours(expressions, facts), theirs(expressions, oracle), strict=True):
        if not same(a, b):
            found.append(f"{expression}\n    ours:   {a}\n    feelin: {b}")
    return found


def test_written_by_hand(oracle, facts):
    expressions = lines("expressions.txt")
    assert len(set(expressions)) >= 500
    found = compare(expressions, oracle, facts)
    assert not found, f"{len(found)} of {len(expressions)} differ:\n" + "\n".join(found)


def test_generated(oracle, facts):
    expressions = feel_generator.expressions(SEED, GENERATED)
    found = compare(expressions, oracle, facts)
    assert not found, f"LT_SEED={SEED}: {len(found)} of {len(expressions)} differ:\n" + "\n".join(found[:40])


def test_differences(oracle, facts):
    """Each difference that we keep is one: a line that does not differ any more is to go to expressions.txt."""
    rows = [re.fullmatch(r"(.+?)  =>  (.+?)  \|  (.+?)  \|  (.+)", line) for line in lines("differences.txt")]
    assert rows and all(rows), "a line is: expression  =>  ours  |  feelin's  |  why"
    expressions = [row[1] for row in rows]
    for row, a, b in zip(rows, ours(expressions, facts), theirs(expressions, oracle), strict=True):
        assert same(a, row[2]) or (row[2].startswith("refused") and a.startswith("refused")), f"{row[1]}: ours is {a}"
        assert same(b, row[3]) or (row[3].startswith("error") and b.startswith("error")), f"{row[1]}: feelin's is {b}"
        assert not same(a, b), f"{row[1]}: no difference any more"
