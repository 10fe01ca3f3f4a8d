#!/usr/bin/env bash
# The demonstration: installs what is missing (Debian), builds, starts a private PostgreSQL and all services as an unprivileged
# user on loopback, carries one land transfer through all agencies and prints its timeline and proof.
#   deploy/demo.sh          serves on until Ctrl-C (without a terminal it ends after the proof)
#   deploy/demo.sh --once   ends with status 0 after the proof
set -euo pipefail
cd "$(dirname "$0")/.."
once=no
[ -t 0 ] && [ -t 1 ] || once=yes
case ${1:-} in
  --once) once=yes ;;
  "") ;;
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0" && exit 0 ;;
  *) printf 'demo: unknown option %s; see --help\n' "$1" >&2 && exit 2 ;;
esac

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
tell() { printf '   %s\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

deploy/setup.sh demo

say "Building"
mkdir -p build
tests=$(sed -n 's/^LT_TESTS:BOOL=//p' build/CMakeCache.txt 2>/dev/null || true)
if ! { cmake -S . -B build -G Ninja -DLT_TESTS="${tests:-OFF}" && ninja -C build; } >build/demo.log 2>&1; then
  tail -n 40 build/demo.log >&2
  fail "the build failed; all of it is in build/demo.log"
fi
tell "done: $(ls build/bin | grep -c '^lienthong-') services, in build/bin"

world=$(mktemp -d "${TMPDIR:-/tmp}/lienthong-demo.XXXXXX")
finish() {
  trap - EXIT INT TERM
  deploy/world.sh down "$world" || printf 'demo: not all of %s was stopped and removed\n' "$world" >&2
  exit "$1"
}
trap 'finish $?' EXIT
trap 'finish 0' INT TERM

say "Starting PostgreSQL, two routers, eight agencies, a payment service and a national portal"
deploy/world.sh up "$world" --routers 2 --parcels 200
# shellcheck disable=SC1091
eval "$(deploy/world.sh env "$world")"
tell "all of it lives in $world"

# http METHOD URL [curl arguments]: the body; fails with the problem's text
http() {
  local method=$1 url=$2 body status
  shift 2
  body=$(curl -sS -m 40 -X "$method" -w '\n%{http_code}' "$@" "$url") || fail "no answer from $url"
  status=${body##*$'\n'} body=${body%$'\n'*}
  [ "${status:0:1}" = 2 ] || fail "$method $url: $status $(jq -r '.code + ": " + .detail' <<<"$body" 2>/dev/null || echo "$body")"
  printf '%s' "$body"
}
desk() { http "$1" "$INTAKE_URL$2" -H "Authorization: Bearer $DESK_TOKEN" -H 'Content-Type: application/json' "${@:3}"; }
post() { http "$1" "$POSTAL_URL$2" -H "Authorization: Bearer $POSTAL_TOKEN" -H 'Content-Type: application/json' "${@:3}"; }

# until SECONDS WHAT COMMAND…: prints what COMMAND prints once it prints something
until_some() {
  local seconds=$1 what=$2 until=$((SECONDS + $1)) out
  shift 2
  while :; do
    out=$("$@" || true)
    [ -z "$out" ] || { printf '%s' "$out"; return; }
    [ "$SECONDS" -lt "$until" ] || fail "$what did not come within $seconds s; see $world/log"
    sleep 0.05
  done
}
task() { desk GET "/v1/desk/tasks?dossier=$code&operation=$1" | jq -r '.tasks[0].step // empty'; }
dossier() { http GET "$INTAKE_URL/v1/dossiers/$code" -H "Dossier-Secret: $secret"; }
reached() { dossier | jq -r "select(.status == $1) | .status"; }
officer() { # OPERATION JSON
  local step
  step=$(until_some 20 "the desk's task $1" task "$1")
  desk POST "/v1/desk/tasks/$step/answer" -d "$2" >/dev/null
}

say "1  A citizen comes to the desk, with the contract on paper: transfer of the right to use parcel 42"
submitted=$("$LT" demo application "${PARCEL:-42}" | desk POST /v1/dossiers -H "Idempotency-Key: demo-$$-$RANDOM" \
  -H 'Content-Type: application/json' --data-binary @-)
code=$(jq -r .code <<<"$submitted") secret=$(jq -r .secret <<<"$submitted")
tell "dossier $code, filed with the desk's token and committed by a router; the applicant's secret opens the look-up"

say "2  Police and repository are asked side by side; 3  the desk accepts"
officer desk.accept '{"officer":"D-007","decision":"accept"}'
tell "accepted: the first appointment (5 working days) runs"

say "4  Land registry checks, draws and writes the slip; 5  tax determines the obligation"
until_some 20 "the notices" reached 6 >/dev/null
notices=$(http GET "$INTAKE_URL/v1/dossiers/$code/payments" -H "Dossier-Secret: $secret")
jq -r '.notices[] | "   notice \(.number): \(.kind), \(.amount) dong (\(.basis))"' <<<"$notices"

say "6  The citizen pays online"
jq -c '.notices[] | {reference, amount}' <<<"$notices" | while read -r order; do
  paid=$(until_some 20 "the order" curl -sf -X POST -H 'Content-Type: application/json' -d "$order" "$PAYMENT_SERVICE_URL/pay")
  tell "$(jq -r '.transaction + " pays " + .reference' <<<"$paid")"
done

say "7  Tax confirms; 8  the register is written; 9  the result is stored and both portals are told"
until_some 30 "the result" reached 9 >/dev/null
result() { curl -sf "$INTAKE_URL/v1/dossiers/$code/result" -H "Dossier-Secret: $secret"; }
serial=$(until_some 20 "the certificate" result | jq -r .certificate.serial)
tell "certificate $serial"

say "10 The post takes the result home"
item() { post GET "/items?dossier=$(jq -r .id <<<"$submitted")" | jq -r '.items[0].id // empty'; }
item=$(until_some 20 "the postal item" item)
for event in '{"kind":"pickup","place":"Mỹ Tho"}' '{"kind":"transit","place":"Châu Thành"}' '{"kind":"delivered","place":"Châu Thành","signer":"the buyer"}'; do
  post POST "/items/$item/events" -d "$event" >/dev/null
done
until_some 20 "the hand-over" reached 10 >/dev/null
until_some 20 "the end" sh -c "curl -sf '$INTAKE_URL/v1/dossiers/$code' -H 'Dossier-Secret: $secret' | jq -r 'select(.ended) | .code'" >/dev/null

say "Timeline of $code"
"$LT" dossier show "$code" --database "$ROUTER_DATABASE"

say "Proof"
tell "certificate $serial, delivered by post as $item"
stored=$(result | jq -r .file.digest)
document() { curl -sf -H "Authorization: Bearer $REPOSITORY_TOKEN" -o "$world/$1" "$REPOSITORY_URL/documents/$stored$2" || fail "the repository has no $1"; }
document result.json ""
document result.p7s /signature
openssl cms -verify -binary -inform DER -in "$world/result.p7s" -content "$world/result.json" -CAfile "$world/keys/ca.pem" -out /dev/null 2>"$world/log/openssl.log" ||
  fail "the stored result's signature does not verify; see $world/log/openssl.log"
tell "signed result $stored: stock OpenSSL verifies it"
psql=$(ls -d /usr/lib/postgresql/*/bin/psql | sort -V | tail -n 1)
broken=$("$psql" -qAtX -v ON_ERROR_STOP=1 -h "$DATABASE_HOST" -U lienthong -d lt_router -f tests/faults/invariants.sql) || fail "the invariants cannot be checked"
[ -z "$broken" ] || fail "invariants are broken: $broken"
tell "record: no invariant is broken (tests/faults/invariants.sql returns no row)"
theirs() { curl -sf "$NATIONAL_PORTAL_URL/dossiers/$code" | jq -r '.record.TrangThaiHoSo'; }
for _ in $(seq 40); do # changes that follow closely are told as one
  [ "$(theirs)" != 10 ] || break
  sleep 0.25
done
[ "$(theirs)" = 10 ] || fail "the national portal has status $(theirs) for $code, not 10; see $world/log/portal.log"
tell "national portal: status 10 for $code"

[ "$once" = no ] || exit 0
say "Serving on until Ctrl-C"
tell "intake $INTAKE_URL (see services/intake/openapi.yaml); bearer tokens of desk, postal, land and repository in $world/conf/*.token"
tell "another, from home: $LT demo application 43 --channel online | curl -H 'Idempotency-Key: mine' -H 'Content-Type: application/json' --data-binary @- $INTAKE_URL/v1/dossiers"
while sleep 1; do :; done
