"""What needs a tool: clang-format, the compiler, nm, ctest."""
import concurrent.futures
import glob
import os
import re
import subprocess

# What the compiled workflow/ may ask of others. Everything else that it leaves undefined is a way to the outside.
PURE_SYMBOLS = re.compile(
    r"(memory|bytes|buffer|arena|fault|fence|instant|date|text|uuid)_\w+|digest_(of|of_all|equal|bytes)|"
    r"protobuf_c_\w+|lienthong__v1__\w+|(__)?(mem|str)\w+|(__)?v?snprintf(_chk)?|__isoc\w+strto\w+|free|qsort|bsearch|abort|"
    r"__ctype_\w+|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|tsan|sanitizer|gcov|llvm|start|stop)_?\w*|__sancov\w*|"
    r"__asan\w+|__errno_location|__(mul|u?div|u?mod|u?divmod|popcount|clz|ctz)o?[dt]i\d")  # the last: the compiler's own arithmetic
IMPURE_SYMBOLS = re.compile(r"strftime\w*|strerror\w*")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def formatting(tree):
    """C is as clang-format 14 leaves it"""
    names = tree.matching(r"(common|services|tests)/.*\.[ch]")
    if not names:
        return
    tool = run("clang-format-14", "--dry-run", "-Werror", "--style=file", *[tree.path(n) for n in names], cwd=tree.root)
    places = {}
    for line in tool.stderr.splitlines():
        found = re.match(r"(.+?):(\d+):\d+: error:", line)
        if found:
            places.setdefault(os.path.relpath(found[1], tree.root), []).append(found[2])
    if tool.returncode and not places:
        yield f"clang-format-14: {tool.stderr.strip()}"
    for name, lines in sorted(places.items()):
        yield f"{name}:{lines[0]}: run clang-format-14 -i ({len(lines)} places)"


def header_flags(tree, name):
    flags = ["-I" + tree.path("common"), "-I" + tree.path("common/adapter")]
    if name.startswith("services/"):
        flags.append("-I" + tree.path("/".join(name.split("/")[:2])))
    if name.startswith("tests/"):
        flags += ["-I" + tree.path("tests/unit"), "-I" + tree.path(os.path.dirname(name))]
    if tree.build:
        flags += ["-isystem", os.path.join(tree.build, "proto")]
        flags += ["-I" + folder for folder in glob.glob(os.path.join(tree.build, "*/sql/*"))]
        flags += ["-I" + folder for folder in glob.glob(os.path.join(tree.build, "*/*/sql/*"))]
    return flags


def headers(tree):
    """every header compiles on its own"""
    libraries = run("pkg-config", "--cflags", "libxml-2.0", "libpq").stdout.split()

    def compile_one(name):
        return name, run("cc", "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *libraries,
                         *header_flags(tree, name), "-x", "c", "-", input=f'#include "{tree.path(name)}"\n')
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, tool in pool.map(compile_one, tree.matching(r"(common|services|tests)/.*\.h")):
            if tool.returncode:
                first = next((l for l in tool.stderr.splitlines() if "error" in l), tool.stderr.strip())
                yield f"{name}: does not compile on its own: {first}"


def archive(tree):
    """the compiled workflow/ asks for nothing that makes it unrepeatable"""
    paths = glob.glob(os.path.join(tree.build or "", "common/workflow/*.a"))
    if tree.matching(r"common/workflow/.*\.c") and not paths:
        yield "common/workflow: its library is not built, so it cannot be looked at; build first"
    for path in paths:
        tool = run("nm", "--undefined-only", "--format=posix", path)
        own = {l.split()[0] for l in run("nm", "--defined-only", "--format=posix", path).stdout.splitlines() if " " in l}
        if tool.returncode:
            yield f"nm {path}: {tool.stderr.strip()}"
        for line in tool.stdout.splitlines():
            symbol = line.split()[0] if " " in line else ""
            if symbol and symbol not in own and (not PURE_SYMBOLS.fullmatch(symbol) or IMPURE_SYMBOLS.fullmatch(symbol)):
                yield f"{os.path.basename(path)}: workflow/ is pure, but its code asks for {symbol}"


def scripts(tree):
    """scripts have a run bit and an interpreter, and parse"""
    for name in tree.matching(r"deploy/.*\.sh|\.ci/\w+|tests/.*\.(sh|py)|deploy/.*\.py"):
        text = tree.text(name)
        if name.endswith(".py"):
            try:
                compile(text, name, "exec")
            except SyntaxError as fault:
                yield f"{name}:{fault.lineno}: {fault.msg}"
            continue
        shell = re.match(r"#!(?:/usr/bin/env |/bin/)(bash|sh)\n", text)
        if not shell:
            yield f"{name}:1: must begin with #!/usr/bin/env bash or #!/bin/sh"
        elif run(shell[1], "-n", tree.path(name)).returncode:
            yield f"{name}: {run(shell[1], '-n', tree.path(name)).stderr.strip()}"
        if not os.access(tree.path(name), os.X_OK) and not name.startswith("tests/"):
            yield f"{name}: has no run bit"


def registered(tree):
    """every unit test and every fuzz target is known to ctest"""
    listed = run("ctest", "--test-dir", tree.build, "-N") if tree.build else None
    known = set(re.findall(r"Test +#\d+: (\S+)", listed.stdout)) if listed else set()
    for name in tree.matching(r"tests/unit/.*_test\.c"):
        if name[len("tests/"):-len(".c")] not in known:
            yield f"{name}: not registered; add lt_unit_test to its folder's CMakeLists.txt"
    for name in tree.matching(r"tests/fuzz/\w+_fuzz\.c"):
        if "fuzz/" + os.path.basename(name)[:-len("_fuzz.c")] not in known:
            yield f"{name}: not registered; configure again"
