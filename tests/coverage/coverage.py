#!/usr/bin/env python3
"""Branch coverage of folders, from a build with LT_COVERAGE whose tests have run: coverage.py BUILD --least PERCENT FOLDER…
Prints a table of folders and files, and where branches were never taken; status 1 when a folder is below PERCENT."""
import argparse
import collections
import itertools
import json
import os
import pathlib
import subprocess
import sys

Place = collections.namedtuple("Place", "path line taken missed")


def branches_of(build, folder):
    """{source file: {line: [how often each branch was taken]}} of what stands in FOLDER. A header's functions are compiled
    into several objects; there a branch is taken that any of them takes."""
    found = collections.defaultdict(dict)
    notes = sorted(pathlib.Path(build, folder).rglob("*.gcno"))
    if not notes:
        sys.exit(f"coverage.py: {build}/{folder} holds no *.gcno: configure with -DLT_COVERAGE=ON and build")
    text = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *map(str, notes)],
                          check=True, capture_output=True, text=True).stdout
    for document in text.splitlines():
        for source in json.loads(document)["files"]:
            path = os.path.relpath(source["file"])       # -ffile-prefix-map names it from the top of the source tree
            if os.path.dirname(path) != folder:
                continue
            lines = collections.defaultdict(list)
            for line in source["lines"]:
                lines[line["line_number"]] += [branch["count"] for branch in line["branches"]]
            for number, counts in lines.items():
                before = found[path].get(number, [])
                found[path][number] = [sum(both) for both in itertools.zip_longest(before, counts, fillvalue=0)]
    if not any(counts for lines in found.values() for counts in lines.values()):
        sys.exit(f"coverage.py: nothing was measured in {folder}: run from the top of the source tree, and after the tests")
    return found


def places_of(found):
    for path, lines in sorted(found.items()):
        for line, counts in sorted(lines.items()):
            if counts:
                taken = sum(count > 0 for count in counts)
                yield Place(path, line, taken, len(counts) - taken)


def percent(places):
    taken, missed = sum(p.taken for p in places), sum(p.missed for p in places)
    return 100.0 if not taken + missed else 100.0 * taken / (taken + missed)


def row(name, places):
    taken, missed = sum(p.taken for p in places), sum(p.missed for p in places)
    return f"{percent(places):6.1f} %  {taken:6d} of {taken + missed:6d}  {name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--least", type=float, default=0, help="percent of the branches of each folder")
    parser.add_argument("--places", type=int, default=20, help="how many lines with missed branches to print")
    arguments = parser.parse_args()
    print("branches  taken            of")
    everything, low = [], []
    for folder in arguments.folders:
        places = list(places_of(branches_of(arguments.build, folder)))
        everything += places
        print(row(folder, places))
        if percent(places) < arguments.least:
            low.append(folder)
        by_path = collections.defaultdict(list)
        for place in places:
            by_path[place.path].append(place)
        for path in sorted(by_path, key=lambda path: percent(by_path[path])):
            print(row("  " + path, by_path[path]))
    missed = sorted((place for place in everything if place.missed), key=lambda place: -place.missed)
    print(f"\n{len(missed)} lines have branches that were never taken" + ("; those with most:" if missed else ""))
    for place in missed[:arguments.places]:
        print(f"{place.path}:{place.line}  {place.missed} of {place.taken + place.missed}")
    for folder in low:
        print(f"{folder}: less than {arguments.least:g} % of the branches are taken: test those above", file=sys.stderr)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
