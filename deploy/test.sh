#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests. Arguments go to ctest, and then only the ordinary build is used:
#   deploy/test.sh                  everything; the parts with hostile input and the threaded ones also under sanitizers
#   deploy/test.sh -L unit          what has a label: unit workflow trust integration faults fuzz tidy …; with -L fuzz each target
#                                   of tests/fuzz also runs for 20 seconds under sanitizers, guided by coverage
#   deploy/test.sh -R base/fence    what has a name
#   deploy/test.sh --coverage       those with the label workflow, and which branches of common/workflow and common/bpmn
#                                   they take: a table; status 1 below 95 % of either. A minute or two; not part of the rest
#   deploy/test.sh --fuzz [SECONDS] [NAME…]   guided by coverage: each target of tests/fuzz (or those named) for so long (60); what
#                                   it finds is kept in build/fuzz/found, what breaks in build/fuzz/broken, with how to repeat it
# Ends with ctest's summary and status 0 when all passed.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in -h | --help)
  sed -n '2,11s/^# \{0,1\}//p' "$0"
  exit 0
  ;;
esac
deploy/setup.sh test

jobs=$(nproc)
say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

# build FOLDER TARGET [cmake arguments]: quiet, and the whole output when it fails
build() {
  local folder=$1 target=$2 log=$1/build.log
  shift 2
  mkdir -p "$folder"
  if ! { cmake -S . -B "$folder" -G Ninja -DLT_TESTS=ON "$@" && ninja -C "$folder" -j "$jobs" "$target"; } >"$log" 2>&1; then
    if grep -q '^FAILED: ' "$log"; then # ninja's
      sed -n '/^FAILED: /,$p' "$log" | head -n 80 >&2
    else
      tail -n 40 "$log" >&2
    fi
    say "building $folder failed; all of it is in $log" >&2
    return 1
  fi
}

run() {
  local folder=$1
  shift
  ctest --test-dir "$folder" --parallel "$jobs" --output-on-failure --no-tests=error --no-label-summary "$@"
}

failed=()
# check NAME TARGET SANITIZER LABEL: one sanitizer's build and tests; a failure is told at the end, the rest still runs
check() {
  say "$1: building"
  build "build/$1" "$2" -DCMAKE_C_COMPILER=clang-14 -DLT_SANITIZE="$3" &&
    run "build/$1" --label-regex "$4" --quiet --output-log "build/$1/tests.log" && {
    say "$1: $(grep 'tests passed' "build/$1/tests.log")"
    return
  }
  [ ! -e "build/$1/tests.log" ] || tail -n 100 "build/$1/tests.log" >&2
  failed+=("$1")
}

# As written, so without optimisation; counts of an earlier run would be added to.
coverage() {
  local folder=build/coverage status=0
  say "coverage: building"
  build "$folder" workflow_tests -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DLT_COVERAGE=ON || return
  find "$folder" -name '*.gcda' -delete
  say "coverage: testing"
  run "$folder" --label-regex '^workflow$' --quiet --output-log "$folder/tests.log" "$@" || status=$?
  [ $status -eq 0 ] || tail -n 100 "$folder/tests.log" >&2
  say "coverage: $(grep 'tests passed' "$folder/tests.log")"
  /usr/bin/python3 tests/coverage/coverage.py "$folder" common/workflow common/bpmn --least 95 || status=1
  return $status
}

# fuzz SECONDS [NAME…]: one line for each target: inputs tried, edges and features reached, of how many edges. From a fixed seed.
fuzz() {
  local seconds=$1 folder=build/fuzz status=0 name names log longest
  shift
  names=("$@")
  [ $# -gt 0 ] || mapfile -t names < <(basename -s _fuzz.c tests/fuzz/*_fuzz.c)
  say "fuzz: building"
  build "$folder" "fuzz_${names[0]}" -DCMAKE_C_COMPILER=clang-14 -DLT_FUZZ=ON && ninja -C "$folder" -j "$jobs" "${names[@]/#/fuzz_}" >>"$folder/build.log" 2>&1 || {
    say "fuzz: the build failed; see $folder/build.log" >&2
    return 1
  }
  for name in "${names[@]}"; do
    log=$folder/$name.log
    mkdir -p "$folder/found/$name" "$folder/broken"
    local words=()
    [ ! -e "tests/fuzz/dictionary/$name" ] || words=(-dict="tests/fuzz/dictionary/$name")
    longest=$(find "tests/fuzz/corpus/$name" -type f -size +8191c -printf '%s\n' | sort -n | tail -n 1) # else it would be cut
    if "$folder/bin/fuzz_$name" -seed=1 -max_total_time="$seconds" -max_len="${longest:-8192}" -timeout=20 -print_final_stats=1 "${words[@]}" \
      -artifact_prefix="$folder/broken/$name-" "$folder/found/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
      say "fuzz: $name  $(awk '/PC tables/ { for (i = 1; i <= NF; i++) if ($i ~ /^\(/) all = substr($i, 2) }
        / cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:") edges = $(i + 1); if ($i == "ft:") features = $(i + 1) } }
        /number_of_executed_units/ { n = $2 } END { printf "%d inputs, %d of %d edges, %d features", n, edges, all, features }' "$log")"
    else
      status=1
      tail -n 30 "$log" >&2
      say "fuzz: $name broke; repeat it: $folder/bin/fuzz_$name $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)" >&2
    fi
  done
  return $status
}

if [ "${1:-}" = --fuzz ]; then
  shift
  seconds=60
  [[ ! ${1:-} =~ ^[0-9]+$ ]] || { seconds=$1 && shift; }
  fuzz "$seconds" "$@"
  exit
fi
if [ "${1:-}" = --coverage ]; then
  shift
  coverage "$@"
  exit
fi
if [ $# -eq 0 ]; then
  check asan memory_tests address '^(unit|fuzz)$'
  check tsan thread_tests thread '^threads$'
  fuzz 5 || failed+=(fuzz)
elif [ "$*" = '-L fuzz' ]; then
  fuzz 20 || failed+=(fuzz)
fi
say "building"
build build all
say "testing"
status=0
run build "$@" || status=$?
if [ ${#failed[@]} -gt 0 ]; then
  printf 'Failed under sanitizers: %s (build/<name>/tests.log)\n' "${failed[*]}" >&2
  status=1
fi
exit "$status"
