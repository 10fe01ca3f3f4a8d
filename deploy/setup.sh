#!/usr/bin/env bash
# Installs what Lienthong needs on Debian 12, and only what is missing:
#   deploy/setup.sh [demo]   to build and to run the demonstration
#   deploy/setup.sh test     to run the tests as well
# As root, or by a user who may use sudo. Says nothing when nothing is missing.
set -euo pipefail

demo=(gcc libc6-dev cmake ninja-build pkg-config protobuf-c-compiler protobuf-compiler libprotobuf-c-dev libzmq3-dev
  libpq-dev libssl-dev libmicrohttpd-dev libcurl4-openssl-dev libjansson-dev libyaml-dev libxml2-dev libutf8proc-dev
  uthash-dev postgresql-15 openssl ca-certificates curl jq)
test=(clang-14 libclang-rt-14-dev clang-format-14 llvm-14 libcmocka-dev python3 python3-pytest python3-pytest-xdist
  python3-zmq python3-protobuf python3-cryptography python3-jsonschema python3-yaml python3-psycopg2 git
  softhsm2 libengine-pkcs11-openssl unzip)
# Programs that may come from elsewhere, in which case Debian's package would fight with it.
unless_there=(nodejs:node npm:npm chromium:chromium)

fail() {
  printf 'deploy/setup.sh: %s\n' "$*" >&2
  exit 1
}

case ${1:-demo} in
  demo) wanted=("${demo[@]}") ;;
  test)
    wanted=("${demo[@]}" "${test[@]}")
    for pair in "${unless_there[@]}"; do
      command -v "${pair#*:}" >/dev/null || wanted+=("${pair%:*}")
    done
    ;;
  -h | --help)
    sed -n '2,5s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
  *)
    printf 'deploy/setup.sh: "%s" is neither demo nor test\n' "$1" >&2
    exit 2
    ;;
esac

command -v dpkg-query >/dev/null ||
  fail "this is not Debian. Install by hand what these packages of Debian 12 hold: ${wanted[*]}"

# dpkg-query's status says only that it does not know one of them.
missing=$({ dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || :; } |
  awk -v wanted="${wanted[*]}" '$2 == "installed" { have[$1] = 1 }
    END { n = split(wanted, w, " "); for (i = 1; i <= n; i++) if (!(w[i] in have)) printf "%s ", w[i] }')
missing=${missing% }
[ -n "$missing" ] || exit 0

# shellcheck source=/dev/null
system=$(. /etc/os-release && printf '%s %s' "$ID" "${VERSION_ID:-}")
[ "$system" = "debian 12" ] ||
  fail "made for Debian 12, and this is $system. Install by hand what these packages hold: $missing"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "run it as root, or install sudo; these packages are missing: $missing"
  as_root=(sudo)
fi
root() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

log=$(mktemp "${TMPDIR:-/tmp}/lienthong-setup.XXXXXX")
policy=/usr/sbin/policy-rc.d
policy_made=
finish() {
  [ -z "$policy_made" ] || root rm -f "$policy"
  rm -f "$log"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Our PostgreSQL is private: neither the system's cluster nor any service is to start because of us. Where
# postgresql-common was there before, its administrator has decided already.
if ! dpkg-query -W -f='${db:Status-Status}' postgresql-common 2>/dev/null | grep -qx installed; then
  root mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    printf 'create_main_cluster = false\n' | root tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
if [ ! -e "$policy" ]; then
  policy_made=yes
  printf '#!/bin/sh\nexit 101\n' | root tee "$policy" >/dev/null
  root chmod 755 "$policy"
fi

apt() {
  root apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@" \
    >>"$log" 2>&1
}

printf 'Installing %d missing Debian packages: %s\n' "$(wc -w <<<"$missing")" "$missing"
if ! apt update; then
  tail -n 5 "$log" >&2
  fail "apt-get update failed (above). Check the network and /etc/apt/sources.list, then run this again."
fi
# shellcheck disable=SC2086  # one word for each package
if ! apt install --no-install-recommends $missing; then
  tail -n 15 "$log" >&2
  fail "apt-get could not install them (above). Free disk space, a broken package (apt-get -f install) or a missing
archive in /etc/apt/sources.list are the usual causes. Then run this again."
fi
