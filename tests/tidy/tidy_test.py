#!/usr/bin/env python3
"""Every rule can fail: a small tree that keeps them all is clean, and each change that breaks one is found by that rule."""
import os
import subprocess
import sys
import tempfile
import unittest

import rules_threats
import tidy
from tree import Tree, strip

GOOD = {
    "CMakeLists.txt": "project(x)\n",
    ".clang-format": open(os.path.join(os.path.dirname(__file__), "../../.clang-format"), encoding="utf-8").read(),
    "common/base/fault.h": "#pragma once\nint fault_set(void);\n",
    "common/base/fault.c": '#include "base/fault.h"\n\nint fault_set(void)\n{\n    return 1;\n}\n',
    "common/trust/key.h": '#pragma once\n#include "base/fault.h"\n',
    "common/workflow/engine.h": '#pragma once\n#include "base/fault.h"\n#include <string.h>\n',
    "tests/x.py": "x = 1\n",
    "services/land/parcel.h": "#pragma once\nint parcel(void);\n",
    "services/land/grants.sql": "SELECT pg_temp.allow('land.schema_version', 'SELECT');\n",
    "services/land/main.c": '#include "base/fault.h"\n#include "parcel.h"\n',
    "services/router/batch.h": "#pragma once\n",
    "tests/unit/base/fault_test.c": "/* system(\"strcpy(a, b)\") in a comment */\n"
                                    "static void it_fails(void **state)\n{\n    (void)state;\n}\n\n"
                                    "int main(void)\n{\n    return run(cmocka_unit_test(it_fails));\n}\n",
    "tests/conformance/test_x.py": "def test_a():\n    pass\n",
    "tests/tidy/tidy.py": "RULES = (rules_threats.threats)\n",
    "common/base/bytes.c": "bool bytes_equal_secret(struct bytes a, struct bytes b)\n{\n    return CRYPTO_memcmp(a.data, b.data, a.size) == 0;\n}\n",
}
THREATS = "| asset | threat | control | test |\n|---|---|---|---|\n" + "".join(
    f"| x | {words} | y | `unit/base/fault` it_fails, `conformance/x` test_a, `tidy/threats` |\n" for words in rules_threats.WANTED)
GOOD[rules_threats.TABLE] = "# Threats\n\n" + THREATS


def row(test):
    return GOOD[rules_threats.TABLE] + f"| a | b | c | {test} |\n"


LONG = "int f(void)\n{\n" + "    fault_set();\n" * 81 + "}\n"

# rule, file, its text, part of the finding
BROKEN = [
    ("rights", "services/land/more.sql", "CREATE TABLE lien (\n    id bigint\n);\n", "land.lien of services/land/more.sql is not named"),
    ("rights", "services/land/grants.sql", "SELECT pg_temp.allow('land.schema_version', 'SELECT');\n"
     "SELECT pg_temp.allow('land.entry', 'SELECT, INSERT, DELETE');\n", "land.entry is append-only and gets DELETE"),
    ("rights", "services/land/grants.sql", "-- nothing\n", "land.schema_version of services/land/grants.sql is not named"),
    ("layers", "common/base/x.c", '#include "trust/key.h"\n', "base/ may not include"),
    ("layers", "common/workflow/x.h", '#pragma once\n#include "message/envelope.h"\n', "workflow/ may not include"),
    ("layers", "common/database/x.c", '#include "web/server.h"\n', "database/ may not include"),
    ("layers", "common/message/x.c", '#include "workflow/engine.h"\n', "message/ may not include"),
    ("layers", "common/session/x.c", '#  include "adapter/day.h"\n', "session/ may not include"),
    ("layers", "common/adapter/x.c", '#include "bpmn/compiler.h"\n', "adapter/ may not include"),
    ("layers", "common/trust/x.c", '#include "../base/fault.h"\n', "goes up a folder"),
    ("layers", "common/base/x.c", '#include <lienthong/v1/envelope.pb-c.h>\n', "may not know the contract"),
    ("layers", "common/message/x.c", "#include <libpq-fe.h>\n", "belongs to database/ alone"),
    ("layers", "common/adapter/x.c", "#include <zmq.h>\n", "belongs to session/ alone"),
    ("layers", "common/bpmn/x.c", "#include <curl/curl.h>\n", "belongs to web/ alone"),
    ("layers", "common/workflow/x.c", "#include <libxml/tree.h>\n", "belongs to bpmn/ alone"),
    ("services", "services/router/x.c", '#include "land/parcel.h"\n', "belongs to the service land"),
    ("services", "services/router/x.c", '#include "../land/parcel.h"\n', "reaches out of its folder"),
    ("services", "common/base/x.c", '#include "services/land/parcel.h"\n', "reaches out of its folder"),
    ("services", "services/router/x.c", '#include "bpmn/compiler.h"\n', "the router never sees BPMN"),
    ("purity", "common/workflow/x.c", "#include <time.h>\n", "may not include time.h"),
    ("purity", "common/workflow/x.c", '#include "base/system.h"\n', "may not include base/system.h"),
    ("purity", "common/workflow/x.c", "#include <openssl/evp.h>\n", "may not include openssl/evp.h"),
    ("purity", "common/workflow/x.c", "#include <sys/random.h>\n", "may not include sys/random.h"),
    ("purity", "common/workflow/x.c", "#include <unistd.h>\n", "may not include unistd.h"),
    ("purity", "common/workflow/x.c", "int x = fopen(name);\n", "may not call fopen"),
    ("purity", "common/workflow/x.h", "#pragma once\nint x = getenv (name);\n", "may not call getenv"),
    ("banned", "common/trust/x.c", "int x = strcpy(a, b);\n", "x.c:1: strcpy is banned"),
    ("banned", "services/land/x.c", "\nint x = sprintf (a, b);\n", "x.c:2: sprintf is banned"),
    ("banned", "tests/unit/base/x_test.c", "int x = system(a);\n", "system is banned"),
    ("banned", "services/land/x.c", "int x = atoi(a);\n", "atoi is banned"),
    ("banned", "services/land/x.c", "int x = strtok(a);\n", "strtok is banned"),
    ("banned", "services/land/x.c", "int x = rand();\n", "rand is banned"),
    ("banned", "services/land/x.c", "int x = time(NULL);\n", "only in common/base/system.c"),
    ("banned", "common/web/x.c", "int x = clock_gettime(a, b);\n", "only in common/base/system.c"),
    ("banned", "common/web/x.c", "int x = malloc(1);\n", "only in common/base/memory.c"),
    ("banned", "common/web/x.c", "int x = strdup(a);\n", "only in common/base/memory.c"),
    ("banned", "common/web/x.c", "int x = assert(a);\n", "only in no file"),
    ("quiet", "common/web/x.c", "int x = log_event(a);\n", "does not call log_event"),
    ("quiet", "common/database/x.c", "int x = fprintf(stderr, a);\nreturn;\n", "does not call fprintf"),
    ("quiet", "common/database/x.c", "printf(a);\nabort();\n", "does not call printf"),
    ("top", "notes.md", "x\n", "does not belong at the top level"),
    ("top", "src/x.c", "int x;\n", "src: does not belong"),
    ("places", "deploy/x.sh", "cd /ho" + "me/someone/x\n", "x.sh:1: /ho" + "me/someone"),
    ("places", "common/base/x.c", 'char *x = "/ro' + 'ot/key.pem";\n', "is a path of one machine"),
    ("finished", "common/base/x.c", "\n/* TO" + "DO: more */\n", "x.c:2: finish it"),
    ("once", "common/base/x.h", "int x;\n", "#pragma once must be its first line"),
    ("once", "common/base/x.h", "/* first */\n#pragma once\n", "#pragma once must be its first line"),
    ("sizes", "common/base/x.c", LONG, "x.c:2: a function of 81 lines"),
    ("sizes", "common/base/x.c", "int x;\n" * 601, "601 lines, limit 600"),
    ("plain", "common/base/x.c", "int x; \n", "x.c:1: blanks at the end"),
    ("plain", "common/base/x.c", "int x;", "must end with one line's end"),
    ("plain", "common/base/x.c", "int x;\n\n", "must end with one line's end"),
    ("plain", "common/base/x.c", "int x;\r\n", "a control character"),
    ("plain", "common/base/x.c", b"/* \xe9 */\n", "not UTF-8"),
    ("formatting", "common/base/x.c", "int  x;\n", "x.c:1: run clang-format-14"),
    ("formatting", "tests/unit/base/x_test.c", "int f(void) { return 1; }\n", "run clang-format-14"),
    ("headers", "common/base/x.h", "#pragma once\nuint32_t x(void);\n", "does not compile on its own"),
    ("headers", "services/land/x.h", '#pragma once\n#include "other.h"\n', "does not compile on its own"),
    ("scripts", "deploy/x.sh", "#!/bin/sh\ntrue\n", "has no run bit"),
    ("scripts", "deploy/x.sh", "true\n", "must begin with"),
    ("scripts", "tests/x.sh", "#!/usr/bin/env bash\nif true\n", "syntax error"),
    ("scripts", "tests/y.py", "\ndef x(:\n", "y.py:2: "),
    ("archive", "common/workflow/x.c", "int x;\n", "its library is not built"),
    ("registered", "tests/unit/base/other_test.c", "int x;\n", "other_test.c: not registered"),
    ("registered", "tests/fuzz/other_fuzz.c", "int x;\n", "other_fuzz.c: not registered"),
    ("threats", rules_threats.TABLE, THREATS.replace("control", "cure"), "must begin with the columns"),
    ("threats", rules_threats.TABLE, GOOD[rules_threats.TABLE].replace("XML bomb", "XML"), "no row speaks of XML bomb"),
    ("threats", rules_threats.TABLE, GOOD[rules_threats.TABLE] + "| a | b | c |\n", "wants 4 cells"),
    ("threats", rules_threats.TABLE, GOOD[rules_threats.TABLE] + "| a |  | c | `conformance/x` test_a |\n", "none of them empty"),
    ("threats", rules_threats.TABLE, row("by hand"), "name tests as"),
    ("threats", rules_threats.TABLE, row("`conformance/x` test_a and more"), "name tests as"),
    ("threats", rules_threats.TABLE, row("`conformance/y` test_a"), "there is no test `conformance/y`"),
    ("threats", rules_threats.TABLE, row("`unit/base/fault`"), "which test of"),
    ("threats", rules_threats.TABLE, row("`unit/base/fault` it_fails, it_flies"), "fault_test.c runs no test it_flies"),
    ("threats", rules_threats.TABLE, row("`conformance/x` test_b"), "test_x.py runs no test test_b"),
    ("threats", rules_threats.TABLE, row("`fuzz/x`"), "there is no test `fuzz/x`"),
    ("threats", rules_threats.TABLE, row("`tidy/dust`"), "there is no test `tidy/dust`"),
    ("threats", "tests/unit/base/fault_test.c", "static void it_fails(void **state)\n{\n}\n", "runs no test it_fails"),
    ("secrets", "common/web/x.c", "int x = memcmp(given, token, 32);\n", "x.c:1: token is compared by memcmp"),
    ("secrets", "services/land/x.c", "\nint x = text_equal(request_header(r, \"Secret\"), land->desk_secret);\n", "x.c:2: desk_secret is compared"),
    ("secrets", "services/land/x.c", "int x = bytes_equal(bytes_of_text(given + 7), bytes_of_text(csrf));\n", "csrf is compared by bytes_equal"),
    ("secrets", "common/trust/password.c", "int x = memcmp(a, b, 32);\n", "of a password is compared by memcmp"),
    ("secrets", "common/base/bytes.c", "bool bytes_equal_secret(int a)\n{\n    return memcmp(a, b, 1) == 0;\n}\n", "CRYPTO_memcmp alone"),
]

# what looks like a fault and is none
KEPT = [
    ("banned", "common/web/x.c", "/* strcpy(a, b) */\nchar *x = \"sprintf(a)\"; // atoi(b)\n"),
    ("banned", "common/web/x.c", "int x = my_strcpy(a) + h.time(b) + p->system(c) + strtok_r(d);\n"),
    ("quiet", "common/web/x.c", "fprintf(stderr, a);\nabort();\n"),
    ("sizes", "common/base/x.c", LONG.replace("    fault_set();\n", "", 1)),
    ("places", "deploy/x.sh", 'cd "$x/ro' + 'ot/y"; curl http://x/ho' + "me/y\n"),
    ("services", "services/land/x.c", '#include "parcel.h"\n#include "trust/key.h"\n#include "schema.sql.h"\n'),
    ("secrets", "common/web/x.c", "int x = bytes_equal_secret(given, token) + text_equal(p->token.text, word) + memcmp(token->id, id, 16);\n"),
    ("secrets", "common/web/x.c", "int x = text_equal(text, TOKEN) + strcmp(a, \"token\") + text_equal(token_kind(t), b);\n"),
    ("threats", rules_threats.TABLE, row("`conformance/x` test_a, `unit/base/fault` it_fails")),
]


def write(root, name, text):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def run(command, **options):
    subprocess.run(command, check=True, capture_output=True, **options)


class Rules(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.join(folder.name, "tree")
        self.build = os.path.join(folder.name, "build")
        for name, text in GOOD.items():
            write(self.root, name, text)
        write(self.build, "CTestTestfile.cmake", 'add_test([=[unit/base/fault_test]=] "true")\n')

    def mend(self, name):
        """NAME as it was in the good tree."""
        if name in GOOD:
            write(self.root, name, GOOD[name])
        else:
            os.remove(os.path.join(self.root, name))

    def findings(self, rule):
        return list(tidy.RULES[rule](Tree(self.root, self.build)))

    def test_a_good_tree_is_clean(self):
        for rule in tidy.RULES:
            with self.subTest(rule):
                self.assertEqual(self.findings(rule), [])

    def test_each_break_is_found(self):
        for rule, name, text, part in BROKEN:
            with self.subTest(rule=rule, name=name, text=text[:60]):
                write(self.root, name, text)
                found = self.findings(rule)
                self.mend(name)
                self.assertTrue(any(part in f for f in found), found)

    def test_what_only_looks_like_a_break_is_kept(self):
        for rule, name, text in KEPT:
            with self.subTest(rule=rule, text=text[:60]):
                write(self.root, name, text)
                self.assertEqual(self.findings(rule), [])
                self.mend(name)

    def test_every_rule_is_broken_here(self):
        self.assertEqual(set(tidy.RULES), {row[0] for row in BROKEN})

    def test_the_archive_shows_what_the_source_hides(self):
        folder = os.path.join(self.build, "common/workflow")
        os.makedirs(folder)
        for number, (body, symbol) in enumerate([
                ("int clock_gettime(int, void *); int x(void) { return clock_gettime(0, 0); }", "clock_gettime"),
                ("int PQexec(void); int x(void) { return PQexec(); }", "PQexec"),
                ("int system_now(void); int x(void) { return system_now(); }", "system_now"),
                ("int getrandom(void); int (*x)(void) = getrandom;", "getrandom"),
                ("void *memory_new(int); int y(void) { return 1; } void *x(void) { return memory_new(y()); }", None)]):
            with self.subTest(symbol):
                archive = os.path.join(folder, "libx.a")
                write(folder, "x.c", body)
                run(["cc", "-c", "-w", "-o", f"x{number}.o", "x.c"], cwd=folder)
                if os.path.exists(archive):
                    os.remove(archive)
                run(["ar", "rc", archive, f"x{number}.o"], cwd=folder)
                found = self.findings("archive")
                self.assertEqual([symbol in f for f in found], [True] if symbol else [])

    def test_git_decides_what_belongs_to_the_tree(self):
        run(["git", "-C", self.root, "init", "-q"])
        write(self.root, ".gitignore", "/build/\n")
        write(self.root, "build/x.h", "int x;\n")
        write(self.root, "common/base/new.h", "int x;\n")
        self.assertEqual([f.split(":")[0] for f in self.findings("once")], ["common/base/new.h"])

    def test_the_command_fails_with_a_finding(self):
        command = [sys.executable, tidy.__file__, "once", "--root", self.root]
        self.assertEqual(subprocess.run(command, capture_output=True).returncode, 0)
        write(self.root, "common/base/x.h", "int x;\n")
        self.assertEqual(subprocess.run(command, capture_output=True).returncode, 1)
        command[-1] = os.path.join(self.root, "empty")
        os.makedirs(command[-1])
        self.assertEqual(subprocess.run(command, capture_output=True).returncode, 1)


class Stripping(unittest.TestCase):
    def test_lines_stay_where_they_are(self):
        text = 'a /* b\n c */ d "e\\"f" // g\nh \'"\' i /* \'j\' */ k\n'
        self.assertEqual(strip(text).count("\n"), text.count("\n"))
        self.assertNotRegex(strip(text), "[bcefgj]")
        self.assertRegex(strip(text), "(?s)a.*d.*h.*i.*k")


if __name__ == "__main__":
    unittest.main()
