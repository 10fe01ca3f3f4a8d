#!/usr/bin/env bash
# The benchmarks. Each measures the bare limits of this machine in the same run, for machines differ:
#   deploy/bench.sh [transfers|engine|signatures]… [--count N] [--parallel N]
# transfers: N (1000) whole land transfers with all agencies and their databases, fsync on, every signature verified; the effects are
# counted in the agencies' own databases afterwards. engine: events that the workflow engine alone applies on one core,
# with 1 to 100,000 dossiers open and with 20 to 10,000 events in their past.
# signatures: what signing and verifying costs a message in batches of 256 and alone, for each algorithm; fails above a ratio of 0.12.
# Without a name: all. Prints a table and writes build/bench/results.json.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { printf 'bench: %s\n' "$*" >&2; exit 1; }
names=() count=1000 parallel=64
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0" && exit 0 ;;
    --count) count=$2 && shift ;;
    --parallel) parallel=$2 && shift ;;
    transfers | engine | signatures) names+=("$1") ;;
    *) printf 'bench: no benchmark %s; see --help\n' "$1" >&2 && exit 2 ;;
  esac
  shift
done
[ ${#names[@]} -gt 0 ] || names=(engine signatures transfers)

deploy/setup.sh test
mkdir -p build/bench
{ cmake -S . -B build -G Ninja -DLT_TESTS=ON && ninja -C build; } >build/bench/build.log 2>&1 || fail "the build failed; see build/bench/build.log"

# result NAME: the JSON on standard input becomes a part of the results.
results=build/bench/results.json
[ -s "$results" ] || echo '{}' >"$results"
result() { jq --arg name "$1" --slurpfile new /dev/stdin '.[$name] = $new[0]' "$results" >"$results.new" && mv "$results.new" "$results"; }

bench_engine() {
  build/bin/bench-engine 3 | result engine
  jq -r '.engine | "Engine, one core; \(.events_per_dossier) events a land transfer, \(.bytes_per_dossier) bytes a dossier in memory",
    (.open[] | "   events/s with \(.open) dossiers open at the same time  \(.events_per_second)   (1 KiB of each from memory: \(.memory_ns) ns)"),
    "   slowest / one open  \(.open_ratio); without the wait for memory  \(.open_ratio_but_memory)",
    (.history[] | "   events/s with \(.history) events in the past of a dossier  \(.events_per_second)"),
    "   slowest / shortest past  \(.history_ratio)"' "$results"
}

bench_signatures() {
  build/bin/bench-signatures | result signatures
  openssl speed -seconds 1 ecdsap256 >build/bench/openssl.txt 2>/dev/null
  awk '/256 bits ecdsa \(nistp256\)/ {printf "{\"sign_us\": %.2f, \"verify_us\": %.2f}", 1e6 / $(NF-1), 1e6 / $NF}' build/bench/openssl.txt | result signatures_bare
  jq -r '"Signatures, microseconds a message on one core (bare P-256: sign \(.signatures_bare.sign_us), verify \(.signatures_bare.verify_us))",
    "   algorithm   alone: sign, verify     in batches of \(.signatures.batch): sign, verify     ratio",
    (.signatures.algorithms[] | "   \(.algorithm)   \(.alone_sign_us), \(.alone_verify_us)     \(.batch_sign_us), \(.batch_verify_us)     \(.ratio)")' "$results"
  jq -e '[.signatures.algorithms[] | select(.algorithm == "p256")][0].ratio <= 0.12' "$results" >/dev/null || fail "a message in a batch costs more than 0.12 of one alone"
}

bench_transfers() {
  world=$(mktemp -d "${TMPDIR:-/tmp}/lienthong-bench.XXXXXX")
  trap 'deploy/world.sh down "$world" || true' EXIT
  deploy/world.sh up "$world" --parcels "$count" --build "${LT_BUILD_FOLDER:-build}"
  eval "$(deploy/world.sh env "$world")"
  curl -fsS -X POST -H 'Content-Type: application/json' -d '{"autopay": true}' "$PAYMENT_SERVICE_URL/control" >/dev/null
  psql=$(ls -d /usr/lib/postgresql/*/bin/psql | sort -V | tail -n 1)
  query() { "$psql" -qAtX -h "$DATABASE_HOST" -U lienthong -d "lt_$1" -c "$2"; }

  # The bare limits: what the disk and the processor give without us.
  pgbench=$(dirname "$psql")/pgbench
  query router "CREATE SCHEMA bare; CREATE TABLE bare.row (n bigint)" >/dev/null
  echo 'INSERT INTO bare.row VALUES (1);' >build/bench/commit.sql
  commits=$("$pgbench" -n -h "$DATABASE_HOST" -U lienthong -f build/bench/commit.sql -c 1 -T 3 lt_router 2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p')
  query router "DROP SCHEMA bare CASCADE" 2>/dev/null >/dev/null
  openssl speed -seconds 1 ecdsap256 >build/bench/openssl.txt 2>/dev/null
  read -r signs verifies < <(awk '/256 bits ecdsa \(nistp256\)/ {print $(NF-1), $NF}' build/bench/openssl.txt)

  carried=$(build/bin/bench-transfers "$INTAKE_URL" "$DESK_TOKEN" "$POSTAL_URL" "$POSTAL_TOKEN" "$ROUTER_DATABASE" "$count" "$parallel" 1)

  # Effects, counted where they happened.
  wrong=0
  expect() { # WHAT NUMBER
    printf '   %-52s %8s\n' "$1" "$2"
    [ "$2" = "$count" ] || wrong=1
  }
  echo "Effects (each must be $count)"
  expect "dossiers ended with status 10" "$(query router "SELECT count(*) FROM dossier WHERE ended_at IS NOT NULL AND status = 10")"
  expect "register entries" "$(query land "SELECT count(*) FROM land.entry")"
  expect "new certificate serials" "$(query land "SELECT count(DISTINCT new_serial) FROM land.entry")"
  expect "dossiers with all orders paid" "$(query payment "SELECT count(*) FROM (SELECT dossier FROM payment.payment_order GROUP BY 1 HAVING bool_and(state = 'paid')) t")"
  expect "postal items delivered" "$(query postal "SELECT count(*) FROM postal.item WHERE state = 'delivered'")"
  broken=$("$psql" -qAtX -h "$DATABASE_HOST" -U lienthong -d lt_router -f tests/faults/invariants.sql | wc -l)
  printf '   %-52s %8s\n' "rows of the invariants' query (must be 0)" "$broken"

  echo "$carried" | result transfers
  jq -n --argjson commits "$commits" --argjson signs "$signs" --argjson verifies "$verifies" \
    '{commits_per_second: $commits, p256_signs_per_second: $signs, p256_verifies_per_second: $verifies}' | result bare
  jq -r '"Land transfers", "   dossiers/s \(.transfers.dossiers_per_second)   steps/s \(.transfers.steps_per_second)   events/s \(.transfers.events_per_second)",
    "   submission p50 \(.transfers.submission_p50_ms) ms, p99 \(.transfers.submission_p99_ms) ms; \(.transfers.dossiers) in \(.transfers.seconds) s",
    "Bare limits, same run", "   commits/s on one connection \(.bare.commits_per_second)   P-256 signs/s \(.bare.p256_signs_per_second), verifies/s \(.bare.p256_verifies_per_second) on one core"' "$results"
  [ "$wrong" = 0 ] && [ "$broken" = 0 ] || fail "effects are not what they must be"
}

for name in "${names[@]}"; do "bench_$name"; done
