"""Calls that are banned, and where they are not."""
import re

from tree import calls

# Everywhere, tests included.
UNSAFE = ["strcpy", "strcat", "stpcpy", "sprintf", "vsprintf", "gets", "strtok", "atoi", "atol", "atoll", "atof", "system", "popen",
          "alloca", "rand", "srand", "random", "tmpnam", "mktemp"]
# In common/ and services/, with the files that may.
ONLY_IN = [
    (["time", "gettimeofday", "clock_gettime", "clock", "getrandom"], r"common/base/system\.c"),
    (["malloc", "calloc", "realloc", "reallocarray", "strdup", "strndup", "asprintf", "vasprintf"], r"common/base/memory\.c"),
    (["assert"], r""),
]
# Libraries never log: base/ has the log itself and the ends of a process, adapter/ the frame of an agency's program.
# A last word before abort(), for an impossible state, is no log line.
LAST_WORD_LINES_MAX = 3
LOUD = ["log_event", "log_fault", "printf", "fprintf", "perror", "puts", "fputs", "syslog"]
MAY_BE_LOUD = r"common/base/\w+\.c|common/adapter/program\w*\.c"


def banned(tree):
    """no call that is unsafe, or that belongs to one file alone"""
    for name in tree.matching(r"(common|services|tests)/.*\.[ch]"):
        code = tree.code(name)
        for line, word in calls(code, UNSAFE):
            yield f"{name}:{line}: {word} is banned"
        if name.startswith("tests/"):
            continue
        for words, allowed in ONLY_IN:
            if re.fullmatch(allowed, name):
                continue
            for line, word in calls(code, words):
                yield f"{name}:{line}: {word} may be called only in {allowed or 'no file'}".replace("\\", "")


def quiet(tree):
    """library code never logs or prints"""
    for name in tree.matching(r"common/.*\.[ch]"):
        if re.fullmatch(MAY_BE_LOUD, name) or name == "common/base/log.h":
            continue
        lines = tree.code(name).splitlines()
        for line, word in calls(tree.code(name), LOUD):
            if word == "fprintf" and any("abort();" in l for l in lines[line:line + LAST_WORD_LINES_MAX]):
                continue
            yield f"{name}:{line}: a library returns faults and does not call {word}"
