"""Files: their places, sizes and text."""
import re

TOP = r"CMakeLists\.txt|README\.md|LICENSE|proto|services|common|deploy|tests|\..*"
FUNCTION_LINES_MAX = 80
FILE_LINES_MAX = 600
# Written so that this file does not match itself.
PLACE = re.compile(r"(?<![\w.$}*-])/(?:home|Users|work|root)" + r"/[\w.]+")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
CONTROL = re.compile(r"[^\t\n\x20-\U0010ffff]")


def top(tree):
    """nothing at the top level beside what belongs there"""
    for name in sorted({n.split("/")[0] for n in tree.files}):
        if not re.fullmatch(TOP, name):
            yield f"{name}: does not belong at the top level"


def written(tree):
    """names of text files whose text people write"""
    return [n for n in tree.files if re.search(r"\.(c|h|py|sh|js|mjs|ts|css|html|sql|proto|txt|cmake|md|ya?ml|bpmn|json|service|cfg)$"
                                               r"|/[\w-]+$", n) and "corpus/" not in n and "package-lock" not in n]


def places(tree):
    """no path of somebody's machine"""
    for name in written(tree):
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            for found in PLACE.finditer(line):
                yield f"{name}:{number}: {found[0]} is a path of one machine"


def finished(tree):
    """no mark of unfinished work"""
    for name in written(tree):
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            if UNFINISHED.search(line):
                yield f"{name}:{number}: finish it, or open an issue"


def once(tree):
    """every header begins with #pragma once"""
    for name in tree.matching(r".*\.h"):
        if not tree.text(name).startswith("#pragma once\n"):
            yield f"{name}:1: #pragma once must be its first line"


def sizes(tree):
    """functions fit a screen, files hold one noun"""
    for name in tree.matching(r"(common|services|tests|deploy)/.*\.(c|h|py|js|mjs|sh)"):
        lines = tree.text(name).splitlines()
        if len(lines) > FILE_LINES_MAX:
            yield f"{name}: {len(lines)} lines, limit {FILE_LINES_MAX}; it is several nouns"
        if not name.endswith((".c", ".h")):
            continue
        start = None
        for number, line in enumerate(lines, 1): # clang-format puts a function's braces into the first column
            if line == "{":
                start = number
            elif line.startswith("}") and start:
                if number - start - 1 > FUNCTION_LINES_MAX:
                    yield f"{name}:{start}: a function of {number - start - 1} lines, limit {FUNCTION_LINES_MAX}"
                start = None


def plain(tree):
    """UTF-8, no control characters, no blanks at the end of a line, one line's end at the end"""
    for name in written(tree):
        text = tree.text(name)
        if "\ufffd" in text:
            yield f"{name}: not UTF-8"
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield f"{name}: must end with one line's end"
        for number, line in enumerate(text.split("\n"), 1):
            if CONTROL.search(line):
                yield f"{name}:{number}: a control character"
            if line != line.rstrip() and not name.endswith(".md"):
                yield f"{name}:{number}: blanks at the end"
