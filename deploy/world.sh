#!/usr/bin/env bash
# A whole Lienthong on this machine: private PostgreSQL, routers, all agencies, and the outside world's stand-ins (payment
# service, national portal), as an unprivileged user, on loopback and Unix sockets, in one folder.
#   deploy/world.sh up FOLDER [--routers N] [--split] [--build FOLDER] [--parcels N] [--without NAME]…
#   deploy/world.sh start|stop|kill|restart FOLDER NAME…     router-1 … intake land tax police payment postal repository portal
#                                                           database payment-service national-portal
#   deploy/world.sh status|env FOLDER
#   deploy/world.sh down FOLDER [--keep]
# --split: tax, payment, postal and portal know only the last router. FOLDER/world.env tells addresses and tokens; FOLDER/log
# has a log for each process; OPERATOR there is the file for lt retry, correct, skip and abort. Environment variables
# (LIENTHONG_STOP, LIENTHONG_TIME_FILE) pass on to what start starts.
set -euo pipefail

fail() { printf 'world: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit "${1:-2}"; }

[ $# -ge 1 ] || usage
case $1 in -h | --help) usage 0 ;; esac
[ $# -ge 2 ] || usage
action=$1 folder=$2
shift 2

AGENCIES=(intake land tax police payment postal repository portal)
PEERS=(payment-service national-portal)
declare -A CODE=([intake]=000.01.00.H58 [land]=000.02.00.H58 [tax]=000.03.00.G12 [police]=000.04.00.G01
  [payment]=000.05.00.H58 [postal]=000.06.00.H58 [repository]=000.07.00.H58 [portal]=000.08.00.H58)
declare -A NAME=([intake]="One-stop desk" [land]="Land registry" [tax]="Tax agency" [police]="Police"
  [payment]="Payment" [postal]="Postal service" [repository]="Repository" [portal]="Portal")
declare -A ROLE=([intake]=desk [land]=land [tax]=tax [police]=police [payment]=payment [postal]=postal
  [repository]=repository [portal]=portal)
OPERATOR=000.09.00.H58 # gives commands by lt: keys and a file, no process
SECURITY=000.09.01.H58 # changes rights, likewise
SPLIT=(tax payment postal portal)

# --- As root: what the unprivileged user needs is copied, then everything runs as that user. -------------------------
if [ "$EUID" -eq 0 ]; then
  user=${LT_USER:-postgres}
  id "$user" >/dev/null 2>&1 || fail "user $user does not exist; run deploy/setup.sh demo"
  if [ "$action" = up ]; then
    source=$(cd "$(dirname "$0")/.." && pwd)
    build=$source/build
    for ((i = 1; i <= $#; i++)); do [ "${!i}" != --build ] || { j=$((i + 1)) && build=${!j}; }; done
    install -d -o "$user" -m 700 "$folder"
    install -d -o "$user" "$folder/bin" "$folder/deploy"
    install -o "$user" -m 755 "$build"/bin/* "$folder/bin/"
    cp -r "$source/deploy/workflows" "$source/deploy/calendar" "$folder/deploy/"
    install -o "$user" -m 755 "$0" "$folder/deploy/world.sh"
    chown -R "$user" "$folder/deploy"
  fi
  folder=$(cd "$folder" && pwd)
  cd "$folder"
  exec setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups \
    env HOME="$folder" LT_COPIED=1 bash "$folder/deploy/world.sh" "$action" "$folder" "$@"
fi
if [ "$action" = up ] && [ -z "${LT_COPIED:-}" ]; then
  source=$(cd "$(dirname "$0")/.." && pwd)
  build=$source/build
  for ((i = 1; i <= $#; i++)); do [ "${!i}" != --build ] || { j=$((i + 1)) && build=${!j}; }; done
  mkdir -p -m 700 "$folder/bin" "$folder/deploy"
  cp "$build"/bin/* "$folder/bin/"
  cp -r "$source/deploy/workflows" "$source/deploy/calendar" "$folder/deploy/"
fi

folder=$(cd "$folder" && pwd) || fail "no folder $folder; run: deploy/world.sh up FOLDER"
cd "$folder"
pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$pg" ] || fail "PostgreSQL is missing; run deploy/setup.sh demo"
umask 077

# --- Processes ------------------------------------------------------------------------------------------------------
# One that has ended counts as gone even when nobody has taken its status yet.
exists() { kill -0 "$1" 2>/dev/null && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }
alive() { [ -e "run/$1.pid" ] && exists "$(cat "run/$1.pid")"; }

# wait_for SECONDS WHAT COMMAND…
wait_for() {
  local seconds=$1 what=$2 until=$((SECONDS + $1))
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || fail "$what was not ready within $seconds s; see $folder/log"
    sleep 0.05
  done
}

program_of() {
  case $1 in
    router-*) echo "bin/lienthong-router --config conf/$1.yaml" ;;
    payment-service | national-portal) echo "bin/peer-$1 --port $(port_of "$1")" ;;
    *) echo "bin/lienthong-$1 --config conf/$1.yaml" ;;
  esac
}

port_of() { sed -n "s/^PORT_${1//-/_}=//p" world.env; }

# remember NAME PID: whoever reads the file finds all of it or none
remember() { echo "$2" >"run/$1.pid.new" && mv "run/$1.pid.new" "run/$1.pid"; }

start() {
  alive "$1" && return
  if [ "$1" = database ]; then
    "$pg/pg_ctl" -D pg -l log/database.log -w -t 60 start >/dev/null || fail "PostgreSQL did not start; see $folder/log/database.log"
    remember database "$(head -n 1 pg/postmaster.pid)"
    return
  fi
  # shellcheck disable=SC2046  # two words on purpose
  PAYMENT_SECRET_FILE=$folder/conf/payment.secret setsid $(program_of "$1") >>"log/$1.log" 2>&1 </dev/null &
  remember "$1" $!
}

stop() { # NAME SIGNAL
  alive "$1" || { rm -f "run/$1.pid"; return 0; }
  local pid
  pid=$(cat "run/$1.pid")
  if [ "$1" = database ] && [ "$2" = TERM ]; then
    "$pg/pg_ctl" -D pg -m fast -w -t 60 stop >/dev/null
  else
    kill -"$2" "$pid" 2>/dev/null || return 0
    for _ in $(seq 200); do
      exists "$pid" || break
      sleep 0.05
    done
    ! exists "$pid" || { kill -KILL "$pid" 2>/dev/null; printf 'world: %s did not end within 10 s\n' "$1" >&2; }
  fi
  rm -f "run/$1.pid"
}

names() {
  echo "${PEERS[@]}"
  ls conf | sed -n 's/^\(router-[0-9]*\)\.yaml$/\1/p' | sort -V
  local name
  for name in "${AGENCIES[@]}"; do [ -e "conf/$name.yaml" ] && echo "$name"; done
}

# --- Making a world -------------------------------------------------------------------------------------------------
declare -A taken=()
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    [ -z "${taken[$port]:-}" ] || continue
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
    taken[$port]=1
    free=$port
    return
  done
}

token() { od -An -tx1 -N24 /dev/urandom | tr -d ' \n'; }

make_database() {
  "$pg/initdb" -D pg -U lienthong -A trust -E UTF8 --locale=C.UTF-8 >log/initdb.log 2>&1 || fail "initdb failed; see $folder/log/initdb.log"
  cat >>pg/postgresql.conf <<CONF
listen_addresses = ''
unix_socket_directories = '$folder/run'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
log_timezone = UTC
timezone = UTC
log_min_messages = warning
autovacuum_naptime = 10s
log_error_verbosity = terse # a DETAIL quotes keys: numbers of people
CONF
  [ -z "${LT_FSYNC_OFF:-}" ] || echo "fsync = off" >>pg/postgresql.conf
  start database
  local name sql=""
  for name in router "${AGENCIES[@]}"; do
    sql+="CREATE ROLE lt_${name}_owner LOGIN; CREATE ROLE lt_$name LOGIN; CREATE DATABASE lt_$name OWNER lt_${name}_owner;"$'\n'
    sql+="REVOKE ALL ON DATABASE lt_$name FROM PUBLIC; GRANT CONNECT ON DATABASE lt_$name TO lt_$name;"$'\n'
  done
  tr ';' '\n' <<<"$sql" | grep -v '^\s*$' | sed 's/$/;/' |
    "$pg/psql" -qX -v ON_ERROR_STOP=1 -h "$folder/run" -U lienthong -d postgres >log/databases.log 2>&1 || fail "creating databases failed; see $folder/log/databases.log"
}

# As the service's own role; as the owner of its tables, for what makes and changes them.
connection() { echo "host=$folder/run dbname=lt_$1 user=lt_$1"; }
owner() { echo "host=$folder/run dbname=lt_$1 user=lt_${1}_owner"; }

# LT_ALGORITHM_land=ed25519 and its like: what that agency, or LT_ALGORITHM_router the routers, sign with.
algorithm() { local name=LT_ALGORITHM_$1; echo "${!name:-p256}"; }

make_keys() {
  local name
  bin/lt keys init keys --name "Lienthong demonstration" >log/keys.log
  for ((i = 1; i <= routers; i++)); do
    bin/lt keys issue keys --agency router --name "Router $i" --algorithm "$(algorithm router)" >>log/keys.log
    mv keys/router "keys/router-$i"
  done
  for name in "${AGENCIES[@]}"; do
    bin/lt keys issue keys --agency "${CODE[$name]}" --name "${NAME[$name]}" --algorithm "$(algorithm "$name")" >>log/keys.log
  done
  mkdir vault
  for name in "${AGENCIES[@]}"; do bin/lt keys vault "vault/$name" >>log/keys.log; done
  bin/lt keys issue keys --agency "$OPERATOR" --name "Operators" >>log/keys.log
  bin/lt keys issue keys --agency "$SECURITY" --name "Security officers" >>log/keys.log
  mkdir certificates
  for name in keys/*/sign.pem; do cp "$name" "certificates/$(basename "$(dirname "$name")").pem"; done
}

router_config() { # NUMBER PORT
  cat <<CONF
name: router-$1
endpoint: tcp://127.0.0.1:$2
curve: {key: ../keys/router-$1/curve.key}
sign: {key: ../keys/router-$1/sign.key, certificate: ../keys/router-$1/sign.pem}
database: {connection: "$(connection router)"}
${LT_ROUTER_EXTRA:-}
CONF
}

# Which routers an agency knows.
agency_routers() {
  local i from=1
  if [ "$split" = yes ] && [[ " ${SPLIT[*]} " == *" $1 "* ]]; then from=$routers; fi
  if [ "$split" = yes ] && [[ " ${SPLIT[*]} " != *" $1 "* ]]; then
    echo "  - {endpoint: 'tcp://127.0.0.1:${router_port[1]}', key: '$(cat keys/router-1/curve.pub)'}"
    return
  fi
  for ((i = from; i <= routers; i++)); do
    echo "  - {endpoint: 'tcp://127.0.0.1:${router_port[$i]}', key: '$(cat "keys/router-$i/curve.pub")'}"
  done
}

agency_config() { # NAME: what every agency has, then its own rows
  local keys=../keys/${CODE[$1]}
  cat <<CONF
agency: ${CODE[$1]}
keys: {sign: $keys/sign.key, certificate: $keys/sign.pem, decrypt: $keys/encrypt.key, encryption: $keys/encrypt.pem, earlier: ../keys, curve: $keys/curve.key}
trust: {authority: ../keys/ca.pem, certificates: ../certificates}
vault: {keys: ../vault/$1/vault.keys}
database: {connection: "$(connection "$1")", owner: "$(owner "$1")"}
routers:
$(agency_routers "$1")
${LT_AGENCY_EXTRA:-}
CONF
  case $1 in
    intake) cat <<CONF
http: {port: ${port[intake]}}
intake:
  secret_file: intake.secret
  desk_token_file: desk.token
  payment_url: http://127.0.0.1:${port[payment_service]}/pay
  spool: ../spool
  repository_url: http://127.0.0.1:${port[repository]}
  repository_token_file: repository.token
  forms: forms
CONF
      ;;
    payment) cat <<CONF
http: {port: ${port[payment]}}
payment:
  service_url: http://127.0.0.1:${port[payment_service]}
  callback_url: http://127.0.0.1:${port[payment]}/callbacks
  secret_file: payment.secret
  reconcile: ${LT_RECONCILE:-10 min}
CONF
      ;;
    postal) printf 'http: {port: %s, token_file: postal.token}\n' "${port[postal]}" ;;
    portal) printf 'portal: {peer_url: "http://127.0.0.1:%s", reconcile: %s, retry_max: 5 s}\n' "${port[national_portal]}" "${LT_RECONCILE:-1 h}" ;;
    land) printf 'http: {port: %s, token_file: land.token}\nland: {tax_agencies: [%s]}\n' "${port[land]}" "${CODE[tax]}" ;;
    tax) printf 'tax: {land_agencies: [%s], payment_agencies: [%s]}\n' "${CODE[land]}" "${CODE[payment]}" ;;
    repository) printf 'http: {port: %s, token_file: repository.token}\nrepository: {folder: ../documents, land_agencies: [%s]}\n' "${port[repository]}" "${CODE[land]}" ;;
  esac
}

# What lt retry, correct, skip and abort, and lt rights take as --operator.
operator_config() { # CODE OFFICER
  cat <<CONF
agency: $1
officer: $2
keys: {sign: ../keys/$1/sign.key, certificate: ../keys/$1/sign.pem, curve: ../keys/$1/curve.key}
routers:
$(agency_routers operator)
CONF
}

make_directory() {
  local name
  echo "authorities: [../keys/ca.pem]"
  echo "agencies:"
  for name in "${AGENCIES[@]}"; do
    cat <<CONF
  - code: ${CODE[$name]}
    name: ${NAME[$name]}
    roles: ${ROLE[$name]}
    certificate: ../keys/${CODE[$name]}/sign.pem ../keys/${CODE[$name]}/encrypt.pem
    curve: ../keys/${CODE[$name]}/curve.pub
CONF
  done
  cat <<CONF
  - code: $OPERATOR
    name: Operators
    roles: operator
    certificate: ../keys/$OPERATOR/sign.pem
    curve: ../keys/$OPERATOR/curve.pub
  - code: $SECURITY
    name: Security officers
    roles: security-officer
    certificate: ../keys/$SECURITY/sign.pem
    curve: ../keys/$SECURITY/curve.pub
CONF
}

make_configs() {
  local name i
  mkdir -p conf/forms documents
  token >conf/desk.token
  token >conf/postal.token
  token >conf/land.token
  token >conf/repository.token
  token >conf/payment.secret
  head -c 32 /dev/urandom >conf/intake.secret
  declare -gA port=() router_port=()
  for name in intake payment postal land repository payment_service national_portal; do
    free_port
    port[$name]=$free
  done
  for ((i = 1; i <= routers; i++)); do
    free_port
    router_port[$i]=$free
    router_config "$i" "$free" >"conf/router-$i.yaml"
  done
  for name in "${AGENCIES[@]}"; do agency_config "$name" >"conf/$name.yaml"; done
  operator_config "$OPERATOR" "${LT_OFFICER:-Demonstration operator}" >conf/operator.yaml
  operator_config "$SECURITY" "Demonstration security officer" >conf/security.yaml
  make_directory >conf/directory.yaml
  {
    for name in "${!port[@]}"; do echo "PORT_$name=${port[$name]}"; done
    for i in "${!router_port[@]}"; do echo "PORT_router_$i=${router_port[$i]}"; done
    echo "INTAKE_URL=http://127.0.0.1:${port[intake]}"
    echo "LAND_URL=http://127.0.0.1:${port[land]}"
    echo "POSTAL_URL=http://127.0.0.1:${port[postal]}"
    echo "REPOSITORY_URL=http://127.0.0.1:${port[repository]}"
    echo "PAYMENT_URL=http://127.0.0.1:${port[payment]}"
    echo "PAYMENT_SERVICE_URL=http://127.0.0.1:${port[payment_service]}"
    echo "NATIONAL_PORTAL_URL=http://127.0.0.1:${port[national_portal]}"
    echo "DESK_TOKEN=$(cat conf/desk.token)"
    echo "POSTAL_TOKEN=$(cat conf/postal.token)"
    echo "LAND_TOKEN=$(cat conf/land.token)"
    echo "REPOSITORY_TOKEN=$(cat conf/repository.token)"
    echo "DATABASE_HOST=$folder/run"
    echo "ROUTER_DATABASE='$(owner router)'"
    echo "LT=$folder/bin/lt"
    echo "OPERATOR=$folder/conf/operator.yaml"
    echo "SECURITY=$folder/conf/security.yaml"
    echo "ROUTERS=$routers"
  } >world.env
}

deploy() {
  local db name
  db=$(owner router)
  bin/lt migrate --database "$db" --service lt_router >log/deploy.log
  for name in "${AGENCIES[@]}"; do "bin/lienthong-$name" --config "conf/$name.yaml" --migrate >>log/deploy.log 2>&1; done
  bin/lt agencies apply conf/directory.yaml --database "$db" >>log/deploy.log
  bin/lt calendar deploy deploy/calendar/*.yaml --database "$db" >>log/deploy.log
  for name in deploy/workflows/*.bpmn; do bin/lt form "$name" >"conf/forms/$(basename "$name" .bpmn).json"; done
  bin/lt deploy deploy/workflows/*.bpmn --database "$db" --calendar "$(sed -n 's/^id: *//p' deploy/calendar/*.yaml | head -n 1)" --grant >>log/deploy.log
  bin/lienthong-land --config conf/land.yaml --seed-demo "$parcels" >>log/deploy.log 2>&1
  bin/lienthong-police --config conf/police.yaml --seed-demo "$parcels" >>log/deploy.log 2>&1
}

up() {
  routers=1 split=no parcels=1000 without=" "
  while [ $# -gt 0 ]; do
    case $1 in
      --routers) routers=$2 && shift ;;
      --split) split=yes ;;
      --parcels) parcels=$2 && shift ;;
      --without) without+="$2 " && shift ;;
      --build) shift ;;
      *) fail "unknown option $1; see --help" ;;
    esac
    shift
  done
  [ ! -e pg ] || fail "$folder has a world already; run: deploy/world.sh down $folder"
  mkdir -p log run
  make_database
  make_keys
  make_configs
  deploy
  local name
  for name in $(names); do
    [[ $without == *" $name "* ]] || start "$name"
  done
  # shellcheck disable=SC1091
  . ./world.env
  [[ $without == *" intake "* ]] || wait_for 20 intake curl -fsS "$INTAKE_URL/readyz"
}

case $action in
  up) up "$@" ;;
  start) for name; do start "$name"; done ;;
  stop) for name; do stop "$name" TERM; done ;;
  kill) for name; do stop "$name" KILL; done ;;
  restart) for name; do stop "$name" TERM && start "$name"; done ;;
  status) for name in database $(names); do alive "$name" && echo "$name runs (pid $(cat "run/$name.pid"))" || echo "$name is not running"; done ;;
  env) cat world.env ;;
  down)
    for name in $(names 2>/dev/null); do stop "$name" TERM & done
    wait
    stop database TERM
    [ "${1:-}" = --keep ] || { cd / && rm -rf "$folder"; }
    ;;
  *) usage ;;
esac
