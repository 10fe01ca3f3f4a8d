"""The table of threats, and the comparisons that time must not tell of."""
import re

TABLE = "common/trust/THREATS.md"
COLUMNS = ["asset", "threat", "control", "test"]
# Where the tests that a row may name lie.
PLACES = [(r"unit/(\w+/\w+)", "tests/unit/{}_test.c"), (r"conformance/(\w+)", "tests/conformance/test_{}.py"),
          (r"(integration|faults|scenarios|browser)/(\w+)", "tests/{}/test_{}.py"), (r"fuzz/(\w+)", "tests/fuzz/{}_fuzz.c"),
          (r"tidy/(\w+)", "tests/tidy/tidy.py")]
TESTS = re.compile(r"`([\w/]+)`((?: \w+,)*(?: \w+)?)(?:, (?=`)|$)")
# What the table must speak of, in these words.
WANTED = ["replay", "reflection", "type confusion", "second pre-image", "downgrade", "oversized", "deep", "multi-frame flood", "credit abuse",
          "session take-over", "ZAP bypass", "burnt message id", "slow loris", "guessed dossier code", "SQL injection", "log injection",
          "XML bomb", "path tricks", "timing of secrets", "lost or stolen adapter key", "operator with database rights"]

# A name that ends so holds a secret, or what proves one.
SECRET = re.compile(r"(?:^|_)(?:secret|token|password|passphrase|csrf|h?mac|pin)$")
CAREFUL = "common/base/bytes.c"
PASSWORDS = "common/trust/password.c"


def rows_of(text):
    """(line, cells) of each line of the table."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("|"):
            yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


def place_of(tree, test):
    """The file of a test's name; None: it is nowhere."""
    for pattern, place in PLACES:
        found = re.fullmatch(pattern, test)
        if found:
            name = place.format(*found.groups())
            return name if name in tree.files else None
    return None


def runs(tree, name, case):
    """Does the file define CASE as a test, and run it?"""
    if name.endswith(".py"):
        return re.search(rf"^ *def {case}\(", tree.text(name), re.M) is not None
    code = tree.code(name)
    return re.search(rf"^static void {case}\(|^static void\s+{case}\(", code, re.M) is not None and \
        re.search(rf"\(\s*{case}\s*[,)]", code) is not None


def wrong_tests(tree, cell):
    """What is wrong with the tests that a row names."""
    found = list(TESTS.finditer(cell))
    if not cell or "".join(f[0] for f in found) != cell:
        yield "name tests as `folder/file` case, case, `folder/file` case"
        return
    for test, cases in ((f[1], re.findall(r"\w+", f[2])) for f in found):
        name = place_of(tree, test)
        if test.startswith(("tidy/", "fuzz/")):
            if cases or not name or (test.startswith("tidy/") and f".{test[5:]}" not in tree.text(name)):
                yield f"there is no test `{test}`"
            continue
        if not name:
            yield f"there is no test `{test}`"
        elif not cases:
            yield f"which test of `{test}`?"
        else:
            yield from (f"{name} runs no test {case}" for case in cases if not runs(tree, name, case))


def threats(tree):
    """each threat has a control and tests that are there"""
    if TABLE not in tree.files:
        yield f"{TABLE}: is missing"
        return
    rows = list(rows_of(tree.text(TABLE)))
    if [cells for _, cells in rows[:2]] != [COLUMNS, ["---"] * len(COLUMNS)]:
        yield f"{TABLE}: must begin with the columns {', '.join(COLUMNS)}"
        return
    for number, cells in rows[2:]:
        if len(cells) != len(COLUMNS) or not all(cells):
            yield f"{TABLE}:{number}: wants {len(COLUMNS)} cells, none of them empty"
            continue
        yield from (f"{TABLE}:{number}: {wrong}" for wrong in wrong_tests(tree, cells[-1]))
    spoken = "\n".join(cells[1] for _, cells in rows[2:] if len(cells) == len(COLUMNS)).lower()
    yield from (f"{TABLE}: no row speaks of {words}" for words in WANTED if words.lower() not in spoken)


def arguments(code, at):
    """The text between the parenthesis at AT and its partner."""
    depth = 0
    for end in range(at, len(code)):
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        if not depth:
            return code[at + 1:end]
    return ""


def secrets(tree):
    """secrets are compared by bytes_equal_secret, whose time does not tell how much of them is right"""
    call = re.compile(r"(?<!\w)(memcmp|strcmp|strncmp|strcasecmp|text_equal|bytes_equal|digest_equal)\s*\(")
    for name in tree.matching(r"(common|services)/.*\.[ch]"):
        code = tree.code(name)
        for found in call.finditer(code):
            named = re.findall(r"\b([A-Za-z_]\w*)\b(?!\s*(?:->|\.|\())", arguments(code, found.end() - 1))
            secret = next((word for word in named if word.islower() and SECRET.search(word)), None)
            if name == PASSWORDS:
                secret = "what is derived of a password"
            if secret:
                yield f"{name}:{code.count(chr(10), 0, found.start()) + 1}: {secret} is compared by {found[1]}; use bytes_equal_secret"
    if CAREFUL in tree.files:
        body = re.search(r"^bool bytes_equal_secret\(.*?^}", tree.code(CAREFUL), re.M | re.S)
        if not body or "CRYPTO_memcmp(" not in body[0] or re.search(r"(?<!CRYPTO_)memcmp\(", body[0]):
            yield f"{CAREFUL}: bytes_equal_secret compares with CRYPTO_memcmp alone"
