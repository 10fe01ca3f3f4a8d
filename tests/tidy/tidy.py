#!/usr/bin/env python3
"""Tests of the source itself: tidy.py RULE [--root FOLDER] [--build FOLDER]; without RULE all of them."""
import argparse
import sys

import rules_build
import rules_calls
import rules_files
import rules_includes
import rules_rights
import rules_threats
from tree import Tree

RULES = {rule.__name__: rule for rule in (
    rules_includes.layers, rules_includes.services, rules_includes.purity, rules_calls.banned, rules_calls.quiet,
    rules_files.top, rules_files.places, rules_files.finished, rules_files.once, rules_files.sizes, rules_files.plain,
    rules_build.formatting, rules_build.headers, rules_build.archive, rules_build.scripts,
    rules_build.registered, rules_threats.threats, rules_threats.secrets, rules_rights.rights)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rule", nargs="?", choices=sorted(RULES))
    parser.add_argument("--root", default=".")
    parser.add_argument("--build")
    arguments = parser.parse_args()
    tree = Tree(arguments.root, arguments.build)
    broken = 0
    for name, rule in RULES.items():
        if arguments.rule not in (None, name):
            continue
        for finding in rule(tree):
            print(f"{finding}  [{name}]")
            broken += 1
        print(f"{name}: {rule.__doc__}: {broken or 'no'} findings" if arguments.rule else f"{name}: done")
    if not tree.files:
        print("no files: wrong --root?")
    return 1 if broken or not tree.files else 0


if __name__ == "__main__":
    sys.exit(main())
