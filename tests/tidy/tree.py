"""The source tree that the rules look at, and C without what is not code."""
import functools
import os
import re
import subprocess


class Tree:
    """Files below ROOT that belong to the repository: tracked, or new and not ignored."""

    def __init__(self, root, build=None):
        self.root = os.path.abspath(root)
        self.build = build

    @functools.cached_property
    def files(self):
        listed = subprocess.run(["git", "-C", self.root, "ls-files", "-co", "--exclude-standard", "-z"],
                                capture_output=True, text=True)
        if listed.returncode == 0 and os.path.exists(os.path.join(self.root, ".git")):
            names = [n for n in listed.stdout.split("\0") if n]
        else:
            names = [os.path.relpath(os.path.join(folder, name), self.root)
                     for folder, _, found in os.walk(self.root) for name in found]
            names = [n for n in names if n.split(os.sep)[0] not in ("build", ".git")]
        return sorted(n for n in set(names) if os.path.isfile(os.path.join(self.root, n)))

    def matching(self, pattern):
        return [n for n in self.files if re.fullmatch(pattern, n)]

    @functools.lru_cache(maxsize=None)
    def text(self, name):
        with open(os.path.join(self.root, name), "rb") as file:
            return file.read().decode("utf-8", errors="replace")

    def path(self, name):
        return os.path.join(self.root, name)

    @functools.lru_cache(maxsize=None)
    def code(self, name):
        """C without comments and without what stands in quotes; lines stay where they are."""
        return strip(self.text(name))

    def includes(self, name):
        """(line, name, whether in quotes) of each #include."""
        for number, line in enumerate(self.text(name).splitlines(), 1):
            found = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if found:
                yield number, found[2], found[1] == '"'


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def strip(text):
    def blank(found):
        lines = "\n" * found[0].count("\n")
        return '""' + lines if found[0].startswith('"') else " " + lines
    return TOKEN.sub(blank, text)


def calls(code, words):
    """(line, word) of each call of a function in WORDS."""
    pattern = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(words))
    for number, line in enumerate(code.splitlines(), 1):
        for found in pattern.finditer(line):
            yield number, found[1]
