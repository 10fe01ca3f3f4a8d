"""Our decimals against Python's, which are IEEE 754 by other hands: random and awkward numbers from a seed."""
import decimal
import os
import random
import subprocess

BUILD = os.environ["LT_BUILD"]
SEED = int(os.environ.get("LT_SEED", "20261123"))
COUNT = 40_000
ROUNDINGS = [decimal.ROUND_HALF_EVEN, decimal.ROUND_HALF_UP, decimal.ROUND_HALF_DOWN, decimal.ROUND_UP, decimal.ROUND_DOWN,
             decimal.ROUND_FLOOR, decimal.ROUND_CEILING]
CONTEXT = decimal.Context(prec=34, rounding=decimal.ROUND_HALF_EVEN, Emin=-6143, Emax=6144, clamp=0,
                          traps=[decimal.DivisionByZero, decimal.InvalidOperation, decimal.Overflow])
EXACT = decimal.Context(prec=400, Emin=-99999, Emax=99999)


def number(r):
    digits = r.choice([1, 2, 3, 5, 9, 17, 18, 33, 34])
    kind = r.random()
    if kind < 0.1:
        text = r.choice("159") + r.choice("059") * (digits - 1)
    elif kind < 0.2:
        text = "9" * digits
    else:
        text = str(r.randint(10 ** (digits - 1), 10 ** digits - 1))
    if r.random() < 0.05:
        text = "0"
    places = r.choice([0, 0, 0, 1, 2, 6, r.randint(0, 34)])
    if places:
        whole = text[:-places] or "0"
        text = whole + "." + text[-places:].rjust(places, "0")
    if r.random() < 0.1:
        text += f"E{r.choice([r.randint(-60, 60), r.randint(-6100, 6100)])}"
    return r.choice(["", "-"]) + text


def rows(seed, count):
    r = random.Random(seed)
    for _ in range(count):
        op = r.choice(["+", "+", "-", "*", "*", "/", "/", "%", "<", "r"])
        a, b = number(r), number(r)
        if op in "+-" and r.random() < 0.3: # numbers apart by about the digits that there are
            b = f"{r.choice(['', '-'])}{r.choice('1459')}{'0' * r.randint(0, 5)}{r.choice('015')}E{r.randint(-40, 40)}"
        if op == "/" and r.random() < 0.2: # a quotient that ends, or that is a half of its last digit
            b = r.choice(["2", "4", "8", "5", "0.5", "16", "0"])
        if op == "r":
            op, b = f"r{r.randrange(7)}", str(r.choice([0, 1, 2, -1, -3, 33, 34, r.randint(-40, 40)]))
        yield a, op, b


def expected(a, op, b):
    x, y = decimal.Decimal(a), decimal.Decimal(b)
    try:
        if op == "+":
            return CONTEXT.add(x, y)
        if op == "-":
            return CONTEXT.subtract(x, y)
        if op == "*":
            return CONTEXT.multiply(x, y)
        if op == "/":
            return CONTEXT.divide(x, y) if y else "malformed"
        if op == "<":
            return CONTEXT.compare(x, y)
        if op == "%":
            if not y:
                return "malformed"
            if max(x.as_tuple().exponent, y.as_tuple().exponent) - min(x.as_tuple().exponent, y.as_tuple().exponent) > 60:
                return None # far apart: either limit is fine
            exact = EXACT.subtract(x, EXACT.multiply(y, (EXACT.divide(x, y)).to_integral_value(decimal.ROUND_FLOOR)))
            return CONTEXT.plus(exact)
        if x.as_tuple().exponent < -int(b):
            x = x.quantize(decimal.Decimal(1).scaleb(-int(b)), rounding=ROUNDINGS[int(op[1])], context=EXACT)
        return CONTEXT.plus(x)
    except decimal.Overflow:
        return "limit"


def test_arithmetic():
    cases = list(rows(SEED, COUNT))
    text = "".join(f"{a} {op} {b}\n" for a, op, b in cases)
    done = subprocess.run([os.path.join(BUILD, "tests", "decimal_tool")], input=text, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    wrong = []
    for case, got in zip(cases, done.stdout.split("\n"), strict=False):
        want = expected(*case)
        if want is None:
            continue
        if got != want if isinstance(want, str) or got.isalpha() else decimal.Decimal(got) != want:
            wrong.append(f"{' '.join(case)}: {got}, must be {want}")
    assert done.stdout.count("\n") == COUNT
    assert not wrong, f"LT_SEED={SEED}: {len(wrong)} differ:\n" + "\n".join(wrong[:30])


def test_money_is_exact():
    """Sums and products of amounts in đồng with up to four places are what a schoolchild computes."""
    r = random.Random(SEED)
    cases, wants = [], []
    for _ in range(2000):
        a, b = r.randint(0, 10 ** 18), r.randint(0, 10 ** 12)
        cases.append(f"{a // 10000}.{a % 10000:04} {r.choice('+-*')} {b // 10000}.{b % 10000:04}")
        _, op, _ = cases[-1].split()
        exact = {"+": (a + b) * 10000, "-": (a - b) * 10000, "*": a * b}[op]
        wants.append(decimal.Decimal(exact).scaleb(-8, EXACT))
    done = subprocess.run([os.path.join(BUILD, "tests", "decimal_tool")], input="\n".join(cases) + "\n",
                          capture_output=True, text=True, timeout=60, check=True)
    assert [decimal.Decimal(x) for x in done.stdout.split()] == wants
