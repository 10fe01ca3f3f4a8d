#!/usr/bin/env bash
# Verifies an evidence file of Lienthong (common/evidence/README.md) with stock tools alone: bash, coreutils, awk, unzip, openssl
# (3.0 or later); deploy/evidence belongs to it. Shares no code with lt evidence verify, and asks no server.
#   deploy/verify-evidence.sh FILE --authority FILE [--stamp-authority FILE | --without-stamps] [--crl FILE | --without-revocation]
# --authority: certificates (PEM) of the authorities that you believe, not from the same hands as the evidence. --stamp-authority: that
# of the time stamps. --crl: a list of revoked certificates newer than the file's own. Exit status: 0 proved; 1 not, and the first
# thing that does not hold; 2 wrong use. It takes its time: about a second for each 10 messages.
set -euo pipefail
export LC_ALL=C

misused() { printf 'verify-evidence: %s\n' "$*" >&2; exit 2; }
bad() { printf 'verify-evidence: %s DOES NOT HOLD: %s\n' "$file" "$*" >&2; exit 1; }

file='' authority='' stamp_authority='' crl='' without_stamps='' without_revocation=''
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --authority | --stamp-authority | --crl)
      [ $# -ge 2 ] || misused "a file is missing after $1"
      [ -f "$2" ] && [ -r "$2" ] || misused "$2 cannot be read"
      case $1 in
        --authority) authority=$(realpath "$2") ;;
        --stamp-authority) stamp_authority=$(realpath "$2") ;;
        --crl) crl=$(realpath "$2") ;;
      esac
      shift ;;
    --without-stamps) without_stamps=yes ;;
    --without-revocation) without_revocation=yes ;;
    -*) misused "unknown option $1" ;;
    *) [ -z "$file" ] || misused "one file at a time"; file=$1 ;;
  esac
  shift
done
[ -n "$file" ] || { sed -n '4s/^# *//p' "$0" >&2; exit 2; }
[ -f "$file" ] && [ -r "$file" ] || misused "$file cannot be read"
[ -z "$crl" ] || [ -z "$without_revocation" ] || misused "--crl and --without-revocation contradict each other"
[ -z "$stamp_authority" ] || [ -z "$without_stamps" ] || misused "--stamp-authority and --without-stamps contradict each other"

# --- The container: its digest, then each of its bytes -----------------------------------------------------------------

size=$(stat -Lc %s "$file")
[ "$size" -gt 93 ] || bad "too small for an evidence file"
digest=$(head -c $((size - 71)) "$file" | sha256sum)
comment=$(tail -c 71 "$file" | tr '\0' '?')
[ "$comment" = "sha256=${digest%% *}" ] || bad "the file was changed or cut: its bytes do not have the digest that its comment says"

path=$(realpath "$file")
programs=$(dirname "$(realpath "$0")")/evidence # what is done in awk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unzip -Z1 "$path" >"$work/names" 2>/dev/null || bad "the container cannot be read"
! grep -qv '^[A-Za-z0-9][A-Za-z0-9._/-]*$' "$work/names" || bad "an entry's name is none"
! grep -q -e '\.\.' -e '//' -e '/$' "$work/names" || bad "an entry's name is none"
[ -z "$(sort "$work/names" | uniq -d)" ] || bad "two entries have one name"
# Plain entries only: no links, nothing that unpacking makes larger.
unzip -Z -s "$path" | awk 'NR > 2 && !/ bytes uncompressed, / { count++; if ($1 != "-rw----" || $2 != "1.0" || $3 != "fat" || $6 != "stor") bad = 1 } END { exit bad || !count }' ||
  bad "an entry is not plain and stored"
mkdir "$work/file"
cd "$work/file"
unzip -qq "$path" >/dev/null 2>&1 </dev/null || bad "the container cannot be unpacked, or a checksum of its entries is wrong"

# Written again from names, contents and checksums it must be the same, so that no byte of it belongs to nothing.
unzip -v "$path" | awk '$2 == "Stored" { print $7, $8 }' >"$work/checksums"
tr '\n' '\0' <"$work/names" | xargs -0 stat -c '%s %n' >"$work/sizes"
awk -v work="$work" '
  function little(v, n, out) { out = ""; while (n--) { out = out sprintf("\\x%02x", v % 256); v = int(v / 256) } return out }
  NR == FNR { crc[$2] = "\\x" substr($1, 7, 2) "\\x" substr($1, 5, 2) "\\x" substr($1, 3, 2) "\\x" substr($1, 1, 2); next }
  {
    same = little(0, 2) little(0, 2) little(0, 2) little(33, 2) crc[$2] little($1, 4) little($1, 4) little(length($2), 2) little(0, 2)
    print $2, "PK\\x03\\x04" little(10, 2) same >(work "/local")
    print $2, "PK\\x01\\x02" little(10, 2) little(10, 2) same little(0, 10) little(at, 4) >(work "/central")
    at += 30 + length($2) + $1; central += 46 + length($2); count++
  }
  END { print "PK\\x05\\x06" little(0, 4) little(count, 2) little(count, 2) little(central, 4) little(at, 4) little(71, 2) >(work "/end") }
' "$work/checksums" "$work/sizes"
{
  while read -r name header; do printf "$header%s" "$name"; cat "$name"; done <"$work/local"
  while read -r name header; do printf "$header%s" "$name"; done <"$work/central"
  printf "$(cat "$work/end")%s" "$comment"
} | cmp -s - "$path" || bad "the container is not the one way to write its entries"
[ "$(cat mimetype)" = "application/vnd.etsi.asic-e+zip" ] && [ "$(stat -c %s mimetype)" = 31 ] || bad "mimetype is another"

# --- The manifest: digests of all entries ------------------------------------------------------------------------------

manifest=META-INF/ASiCManifest.xml signature=META-INF/signature.value
for name in README.txt index.txt "$manifest" "$signature"; do [ -f "$name" ] || bad "entry $name is missing"; done
awk -f "$programs/manifest.awk" "$manifest" >"$work/digests" || bad "$manifest is not a manifest of this version"
{ echo mimetype; cut -c67- "$work/digests"; echo "$manifest"; echo "$signature"; } | cmp -s - "$work/names" || bad "$manifest does not name the entries, in their order"
if ! sha256sum -c --strict --quiet "$work/digests" >"$work/wrong" 2>/dev/null; then
  wrong=$(sed -n 1p "$work/wrong")
  [ -n "$wrong" ] || bad "the digests of $manifest cannot be checked"
  bad "${wrong%: FAILED*} does not have the digest that the manifest says"
fi

[ "$(sha256sum <README.txt)" = "a38677e504745055cff19c953bad3b51287f0ec33e79022d8e687c2517c87220  -" ] ||
  bad "README.txt is not that of this version"

# --- The index's head --------------------------------------------------------------------------------------------------

mapfile -t head < <(head -7 index.txt | tr '\0' '?')
[ "${#head[@]}" = 7 ] && [ "${head[0]}" = "lienthong evidence 1" ] || bad "index.txt does not begin as one of this version does"
words=(_ dossier exported exporter officer reason revocation)
for i in 1 2 3 4 5 6; do
  [ "${head[i]%% *}" = "${words[i]}" ] && [ "${head[i]}" != "${words[i]}" ] || bad "index.txt, line $((i + 1)): \"${words[i]} …\" is expected"
done
dossier=${head[1]#* } exported=${head[2]#* } exporter=${head[3]#* } officer=${head[4]#* } reason=${head[5]#* } revocation=${head[6]#* }
[[ $exported =~ ^20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9:]+(\.[0-9]+)?Z$ ]] && exported_s=$(date -u -d "${exported%%.*}Z" +%s 2>/dev/null || date -u -d "$exported" +%s 2>/dev/null) ||
  bad "index.txt, line 3: no time"
[[ $dossier =~ ^[0-9a-f-]+$ ]] && [ "${#dossier}" = 36 ] || bad "index.txt, line 2: no id"
! grep -q '[[:cntrl:]]' index.txt || bad "index.txt has control characters"

# --- Certificates ------------------------------------------------------------------------------------------------------

# "Nov 24 02:34:39 2026 GMT" in seconds since 1970; -1 when it is none.
seconds() {
  awk -v text="$1" 'BEGIN {
    if (split(text, p, " ") < 4 || split(p[3], c, ":") != 3) { print -1; exit }
    m = (index("JanFebMarAprMayJunJulAugSepOctNovDec", p[1]) + 2) / 3
    y = p[4]; if (m <= 2) { y--; m += 12 }
    day = 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + p[2] - 719469
    printf "%.0f\n", day * 86400 + c[1] * 3600 + c[2] * 60 + int(c[3])
  }'
}
has() { awk -v expression="$1" '$0 ~ expression { found = 1 } END { exit !found }'; } # reads on, unlike grep -q, so that nobody writes in vain
# Whether it is a number that may be calculated with: the file's texts are never.
whole() { local word; for word in "$@"; do [[ $word =~ ^(0|[1-9][0-9]{0,17})$ ]] || return 1; done; }
raw() { printf '%b' "$(printf %s "$1" | sed 's/../\\x&/g')"; }

mkdir "$work/own" "$work/given" "$work/keys" "$work/lists"
blocks_of() { awk -v to="$2" '/^-----BEGIN /{n++} n{print > (to "/" sprintf("%04d", n) ".pem")}' "$1"; }
short=''
fall_short() { short="$short $*"; }
fingerprints() { for pem in "$1"/*.pem; do openssl x509 -in "$pem" -outform DER 2>/dev/null | sha256sum | cut -c1-64; done | sort; }
ls authorities/*.pem >/dev/null 2>&1 || bad "the file names no authority"
for pem in authorities/*.pem certificates/*.pem; do
  openssl x509 -in "$pem" 2>/dev/null | cmp -s - "$pem" || bad "$pem is not one certificate in PEM"
  id=$(openssl x509 -in "$pem" -noout -pubkey | openssl pkey -pubin -outform DER 2>/dev/null | sha256sum)
  [ "$pem" = "${pem%%/*}/${id%% *}.pem" ] || bad "$pem is of another key"
done
cat authorities/*.pem >"$work/authorities.pem"
if [ -n "$authority" ]; then
  blocks_of "$authority" "$work/given"
  [ -z "$(comm -23 <(fingerprints authorities) <(fingerprints "$work/given"))" ] || bad "authorities/ has one that is not the given one"
  cp "$authority" "$work/authorities.pem"
else
  fall_short "The authority was taken from the file itself, so whoever made the file may have made all keys in it: give --authority FILE."
fi

declare -A name_of agency_of from_of until_of serial_of issuer_of kind_of revoked_of why_of used
for pem in certificates/*.pem; do
  id=${pem#*/} id=${id%.pem}
  { read -r begin; read -r end; read -r serial; read -r issuer; } < <(openssl x509 -in "$pem" -noout -startdate -enddate -serial -issuer_hash)
  from_of[$id]=$(seconds "${begin#*=}") until_of[$id]=$(seconds "${end#*=}") serial_of[$id]=${serial#*=} issuer_of[$id]=$issuer
  said=$(openssl verify -CAfile "$work/authorities.pem" -no-CApath -no-CAstore -attime "${from_of[$id]}" "$pem" 2>&1) ||
    bad "$pem: $(printf %s "$said" | sed -n 's/^error [0-9]* at [0-9]* depth lookup: *//p' | sed -n 1p) (the authority does not vouch for it)"
  openssl x509 -in "$pem" -noout -ext keyUsage 2>/dev/null | has 'Digital Signature' || bad "$pem is not for signing"
  ! openssl x509 -in "$pem" -noout -ext basicConstraints 2>/dev/null | has 'CA:TRUE' || bad "$pem is an authority's"
  subject=$(openssl x509 -in "$pem" -noout -subject -nameopt multiline,utf8,-esc_msb | tr -d '\r')
  agency_of[$id]=$(printf '%s\n' "$subject" | sed -n 's/^ *organizationIdentifier *= //p')
  name_of[$id]=$(printf '%s\n' "$subject" | sed -n 's/^ *commonName *= //p' | tr '[:cntrl:]' '?' | tr -d '\n' | sed 's/?$//')
  [[ ${agency_of[$id]} =~ ^[A-Za-z0-9._-]+$ ]] || bad "$pem names no agency"
  openssl x509 -in "$pem" -noout -pubkey >"$work/keys/$id.pem"
  case $(openssl pkey -pubin -in "$work/keys/$id.pem" -noout -text 2>/dev/null) in
    *prime256v1*) kind_of[$id]=p256 ;;
    ED25519*) kind_of[$id]=ed25519 ;;
    *Modulus:*) kind_of[$id]=rsa ;;
    *) bad "$pem has a key of a kind that is not accepted" ;;
  esac
done

# --- Revoked certificates ----------------------------------------------------------------------------------------------

declare -A list_from
read_lists() { # FILE, whether it is the file's own
  local block issuer text serial='' line since reason last next
  rm -f "$work"/lists/*
  blocks_of "$1" "$work/lists"
  ls "$work"/lists/*.pem >/dev/null 2>&1 || bad "$1 holds no list of revoked certificates in PEM"
  [ "$2" = given ] || for block in "$work"/lists/*.pem; do openssl crl -in "$block" 2>/dev/null; done | cmp -s - "$1" || bad "$1 is more than its lists in PEM"
  for block in "$work"/lists/*.pem; do
    openssl crl -in "$block" -CAfile "$work/authorities.pem" -noout 2>&1 | has 'verify OK' || bad "$1: a list of revoked certificates is not the authority's"
    { read -r issuer; read -r last; read -r next; } < <(openssl crl -in "$block" -noout -hash -lastupdate -nextupdate)
    issuer=${issuer##*=}
    ! openssl crl -in "$block" -noout -text | has '(Delta CRL Indicator|Issuing Distribution Point)' || bad "$1: it is not a whole list of revoked certificates"
    last=$(seconds "${last#*=}") next=$(seconds "${next#*=}")
    if [ "$2" = own ]; then
      [ "$next" -ge "$exported_s" ] || bad "revocation.crl: its time was over before the file was exported"
      [ "$last" -le $((exported_s + 300)) ] || bad "revocation.crl: it is of after the export"
    else
      [ "$last" -ge "${list_from[$issuer]:-0}" ] || bad "the list of revoked certificates that was given is older than the file's own"
    fi
    list_from[$issuer]=$last
    while read -r line; do
      case $line in
        'Serial Number: '*) serial=${line#*: } ;;
        'Revocation Date: '*) since=$(seconds "${line#*: }"); revoked["$issuer $serial"]="$since" ;;
      esac
    done < <(openssl crl -in "$block" -noout -text)
  done
}
declare -A revoked
there=no
[ ! -e revocation.crl ] || there=yes
[ "$revocation" = "$there" ] || bad "index.txt says that there is $([ "$revocation" = yes ] && echo a || echo no) list of revoked certificates"
[ $there = no ] || read_lists revocation.crl own
if [ -n "$crl" ]; then revoked=(); read_lists "$crl" given; there=yes; fi
if [ $there = yes ]; then
  for id in "${!serial_of[@]}"; do
    [ -n "${list_from[${issuer_of[$id]}]:-}" ] || bad "there is no list of revoked certificates of the authority that issued certificates/$id.pem"
    revoked_of[$id]=${revoked["${issuer_of[$id]} ${serial_of[$id]}"]:-}
  done
elif [ -z "$without_revocation" ]; then
  fall_short "There is no list of revoked certificates: give --crl FILE, or say --without-revocation."
fi

# What was signed before a revocation stays good. KEY, MICROSECONDS, what
standing() {
  local key=$1 at=$(($2 / 1000000))
  [ "$at" -ge "${from_of[$key]}" ] && [ $(($2)) -le $((${until_of[$key]} * 1000000)) ] || bad "$3: the certificate of ${agency_of[$key]} was not valid then"
  [ -z "${revoked_of[$key]:-}" ] || [ "$2" -lt $((revoked_of[$key] * 1000000)) ] || bad "$3: the key of ${agency_of[$key]} was revoked before"
}

# KEY FILE SIGNATURE what
verify() {
  [ -n "${kind_of[$1]:-}" ] || bad "$4: the certificate of key ${1:0:16}… is not in the file"
  used[$1]=yes
  case ${kind_of[$1]} in
    p256) openssl dgst -sha256 -verify "$work/keys/$1.pem" -signature "$3" "$2" ;;
    ed25519) openssl pkeyutl -verify -pubin -inkey "$work/keys/$1.pem" -rawin -in "$2" -sigfile "$3" ;;
    rsa) openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256 -verify "$work/keys/$1.pem" -signature "$3" "$2" ;;
  esac >/dev/null 2>&1 || bad "$4: the signature of ${agency_of[$1]} does not match"
}

{ printf 'DSSEv1 21 lienthong/v1/evidence %d ' "$(stat -c %s "$manifest")"; cat "$manifest"; } >"$work/statement"
verify "$exporter" "$work/statement" "$signature" "the exporter's signature over the manifest"
standing "$exporter" $((exported_s * 1000000)) "the exporter's signature over the manifest"

# --- Messages ----------------------------------------------------------------------------------------------------------

# Reads protobuf: for each envelope what it says, what must be looked at with sha256sum and openssl, and its lines of the index.
digest_of() { local d; d=$(sha256sum); printf %s "${d%% *}"; }
piece() { { tail -c +"$2" "$1" 2>/dev/null || true; } | head -c "$3"; } # tail may be told that nobody reads on
node() { printf '%b' "\\x01$(printf %s "$1$2" | sed 's/../\\x&/g')" | digest_of; }
# LEAF INDEX COUNT PATH…: the root (RFC 9162, section 2.1.3.2); nothing when it does not fit.
climb() {
  local d=$1 index=$2 last=$(($3 - 1)) sibling
  shift 3
  [ "$index" -le "$last" ] || return 0
  for sibling in "$@"; do
    [ "${#sibling}" = 64 ] && [ "$last" -gt 0 ] || return 0
    if ((index % 2 || index == last)); then
      d=$(node "$sibling" "$d")
      while ((index % 2 == 0 && index != 0)); do index=$((index / 2)) last=$((last / 2)); done
    else
      d=$(node "$d" "$sibling")
    fi
    index=$((index / 2)) last=$((last / 2))
  done
  [ "$last" -eq 0 ] || return 0
  printf %s "$d"
}

count=0
for f in messages/*.envelope; do
  [ -e "$f" ] || break
  count=$((count + 1))
  [ "$f" = "$(printf 'messages/%06d.envelope' $count)" ] || bad "$f is not in its place"
  f=${f#*/}
  printf 'F %s\n' "${f%.*}"
  od -An -v -tu1 -w64 "messages/$f"
done >"$work/bytes"
: >"$work/index.messages"
awk -v index_lines="$work/index.messages" -f "$programs/messages.awk" "$work/bytes" >"$work/messages" 2>"$work/why" || bad "$(head -1 "$work/why")"
rm "$work/bytes"
grep -E '^(message|part) ' index.txt | cmp -s - "$work/index.messages" || bad "index.txt does not say of messages and parts what they are"

declare -A key_of_message sender_of recipient_of kind_of_message type_of reply_of happened_of parts_of sealed_of sequence_of officer_of message_of_header verified
procedure='' code='' channel=0
check_part() { # number name digest at size sealed salted salt saltsize
  [ "$(piece "messages/$1.envelope" "$4" "$5" | digest_of)" = "$3" ] || bad "message $1: part $2 is not the one that its header describes"
  if [ "$6" = 0 ]; then
    [ "$9" = 16 ] && [ "$({ piece "messages/$1.envelope" "$8" 16; piece "messages/$1.envelope" "$4" "$5"; } | digest_of)" = "$7" ] ||
      bad "message $1: part $2 does not have the salted digest that its header says"
  else
    [ "$9" = 0 ] || bad "message $1: part $2 is sealed and has a salt beside it"
  fi
}
check_message() { # number key at size value-at value-size type leaf count; the path
  local n=$1 m=messages/$1 type="lienthong/v1/$7" leaf root
  piece "$m.envelope" "$3" "$4" | cmp -s - "$m.header" || bad "$m.header is not that of the envelope"
  piece "$m.envelope" "$5" "$6" | cmp -s - "$m.signature" || bad "$m.signature is not that of the envelope"
  leaf=$({ printf '\0DSSEv1 %d %s %d ' ${#type} "$type" "$4"; cat "$m.header"; } | digest_of)
  root=$(climb "$leaf" "$8" "$9" $path)
  [ -n "$root" ] && [ "$9" -le 256 ] || bad "message $n: its path does not fit leaf $8 of $9"
  { printf 'DSSEv1 18 lienthong/v1/batch 32 '; raw "$root"; } >"$work/statement"
  cmp -s "$work/statement" "$m.signed" || bad "$m.signed is not what is signed: its leaf and path lead to another root"
  [ -n "${verified[$2 $root $(digest_of <"$m.signature")]:-}" ] || verify "$2" "$m.signed" "$m.signature" "message $n"
  verified["$2 $root $(digest_of <"$m.signature")"]=yes
}
kinds=('?' submission task notice cancel receipt answer cancelled event command 'asks seal' seal)
exec 3<"$work/messages"
pending=''
while [ -n "$pending" ] || IFS= read -r line <&3; do
  [ -z "$pending" ] || { line=$pending pending=''; }
  read -ra w <<<"$line"
  if [ "${w[0]}" = P ]; then check_part "${w[@]:1}"; continue; fi
  n=${w[1]} path=''
  if IFS= read -r next <&3; then if [ "${next:0:2}" = 'L ' ]; then path=${next:2}; else pending=$next; fi; fi
  check_message "$n" "${w[2]}" "${w[3]}" "${w[4]}" "${w[5]}" "${w[6]}" "${w[7]}" "${w[8]}" "${w[9]}"
  key_of_message[$n]=${w[2]} sender_of[$n]=${w[10]} recipient_of[$n]=${w[11]} kind_of_message[$n]=${w[12]} type_of[$n]=${w[13]#-} reply_of[$n]=${w[14]#-}
  happened_of[$n]=${w[15]} parts_of[$n]=${w[20]} sealed_of[$n]=${w[21]} sequence_of[$n]=${w[22]} officer_of[$n]=$(cut -d' ' -f24- <<<"$line")
  [ "${w[16]}" = "${dossier//-/}" ] || bad "message $n is of another dossier"
  [ -n "$procedure" ] || procedure=${w[17]#-}
  if [ "${w[12]}" = 1 ]; then code=${w[18]#-} channel=${w[19]}; fi
  [ "${agency_of[${w[2]}]}" = "${w[10]}" ] || bad "message $n: its header says that ${w[10]} sent it, but the key is ${agency_of[${w[2]}]}'s"
  if [ "${w[10]}" = router ]; then
    [ "${w[11]}" != router ] || bad "message $n: from a router to a router"
    standing "${w[2]}" "${w[15]}" "message $n"
  else
    [ "${w[11]}" = router ] || bad "message $n: from ${w[10]} to ${w[11]}: one of them is the router"
  fi
done
exec 3<&-
messages=$count

# --- Events ------------------------------------------------------------------------------------------------------------

while read -r digest name; do
  name=${name#*/} name=${name%.header}
  message_of_header[$digest]=$name
done < <([ "$messages" = 0 ] || sha256sum messages/*.header)

count=0
for f in events/*.event; do
  [ -e "$f" ] || bad "the file has no event"
  count=$((count + 1))
  [ "$f" = "$(printf 'events/%06d.event' $count)" ] || bad "$f is not in its place"
  printf '%s %s ' "$(digest_of <"$f")" "$(od -An -v -tx1 "$f" | tr -d ' \n')"
  echo
done >"$work/events"
awk -v dossier="${dossier//-/}" -f "$programs/events.awk" "$work/events" >"$work/rows" 2>"$work/why" || bad "$(head -1 "$work/why")"

declare -A event_of_message received_by digest_of_event arrived_of status_of text_of message_of_event root_of place_chain place_block place_count stamped_of
zero=$(printf '%064d' 0)
mapfile -t places < <(grep '^event ' index.txt)
[ "${#places[@]}" = "$count" ] || bad "index.txt has ${#places[@]} events; there are $count"
while read -r n digest header arrived kind status rest; do
  what="event $n"
  digest_of_event[$n]=$digest arrived_of[$n]=$arrived status_of[$n]=$status text_of[$n]=$rest
  if [ "$header" != "$zero" ]; then
    m=${message_of_header[$header]:-}
    [ -n "$m" ] || bad "$what: its message is not in the file, or was exchanged"
    [ -z "${event_of_message[$m]:-}" ] && [ "${sender_of[$m]}" != router ] || bad "$what: message $m cannot be its message"
    event_of_message[$m]=$n message_of_event[$n]=$m
    standing "${key_of_message[$m]}" "$arrived" "$what"
  fi
  read -ra w <<<"${places[$((10#$n - 1))]}"
  whole "${w[3]:-}" "${w[5]:-}" "${w[7]:-}" "${w[9]:-}" || bad "index.txt: not the line of $what: ${places[$((10#$n - 1))]:0:100}"
  again="event $n chain $((w[3])) block $((w[5])) leaf $((w[7])) of $((w[9])) path ${w[*]:11}"
  [ "${places[$((10#$n - 1))]}" = "$again" ] || bad "index.txt: not the line of $what: ${places[$((10#$n - 1))]:0:100}"
  path=${w[*]:11} path=${path#-}
  leaf=$({ printf '\0'; raw "$digest"; } | digest_of)
  root_of[$n]=$(climb "$leaf" "${w[7]}" "${w[9]}" $path)
  [ -n "${root_of[$n]}" ] || bad "$what: its path does not fit leaf ${w[7]} of ${w[9]}"
  place_chain[$n]=${w[3]} place_block[$n]=${w[5]} place_count[$n]=${w[9]}
done <"$work/rows"
events=$count
for ((i = 1; i <= messages; i++)); do
  m=$(printf %06d $i)
  [ -n "${event_of_message[$m]:-}" ] || [ "${sender_of[$m]}" = router ] || bad "message $m: no event is about it: it is not in the record"
  if [ -n "${reply_of[$m]}" ] && [ "${#reply_of[$m]}" = 64 ] && [ "${reply_of[$m]}" != "$zero" ]; then
    to=${message_of_header[${reply_of[$m]}]:-}
    [ -n "$to" ] && [ "${sender_of[$to]}" = router ] || bad "message $m: what it answers is not in the file"
    [ "${recipient_of[$to]}" = "${sender_of[$m]}" ] || bad "message $m: it answers message $to, which was not for ${sender_of[$m]}"
    [ -n "${received_by[$to]:-}" ] && [ "${received_by[$to]}" -le "$((10#${event_of_message[$m]}))" ] || received_by[$to]=$((10#${event_of_message[$m]}))
  fi
done

# --- Chains ------------------------------------------------------------------------------------------------------------

# A run's blocks follow on each other.
declare -A block_row
expected=(mimetype README.txt)
for ((i = 1; i <= messages; i++)); do m=messages/$(printf %06d $i); expected+=("$m.envelope" "$m.header" "$m.signed" "$m.signature"); done
for ((i = 1; i <= events; i++)); do expected+=("events/$(printf %06d $i).event"); done
: >"$work/order"
mapfile -t chain_lines < <(grep -E '^(run|block) ' index.txt)
last_chain=0 last_block=0
signed_chains=() signed_blocks=()
for line in "${chain_lines[@]}"; do
  read -ra w <<<"$line"
  whole "${w[1]:-}" "${w[2]:-}" || bad "index.txt: no numbers in ${line:0:100}"
  if [ "${w[0]}" = run ]; then
    whole "${w[3]:-}" && [ "$line" = "run $((w[1])) $((w[2])) $((w[3]))" ] && [ "${w[2]}" -ge 1 ] && [ "${w[2]}" -le "${w[3]}" ] || bad "index.txt: not a run of blocks: ${line:0:100}"
    [ "${w[1]}" -gt "$last_chain" ] || { [ "${w[1]}" = "$last_chain" ] && [ "${w[2]}" -gt "$last_block" ]; } || bad "index.txt: a run that is not in its place: $line"
    last_chain=${w[1]} last_block=${w[3]} run_first=${w[2]}
    rm -rf "$work/pieces"
    mkdir "$work/pieces"
    for ((first = w[2]; first <= w[3]; first += 10000)); do
      name=$(printf 'chains/%d/%012d.blocks' "${w[1]}" "$first")
      [ -f "$name" ] || bad "entry $name is missing"
      left=$((w[3] - first + 1))
      [ "$(stat -c %s "$name")" = $(((left < 10000 ? left : 10000) * 155)) ] || bad "$name has another size than its blocks"
      expected+=("$name")
      cat "$name"
    done >"$work/run"
    (cd "$work/pieces" && split -b 155 -a 9 -d "$work/run" b && find . -type f | sort | xargs sha256sum | cut -c1-64) >"$work/run.digests"
    od -An -v -tx1 -w155 "$work/run" | tr -d ' ' | paste -d' ' "$work/run.digests" - |
      awk -v chain="${w[1]}" -v first="${w[2]}" -v last="${w[3]}" -f "$programs/blocks.awk" >"$work/run.rows" 2>"$work/why" || bad "$(head -1 "$work/why")"
    cat "$work/run.rows" >>"$work/blocks"
    printf '%s %s %s\n' "${w[1]}" "${w[2]}" "${w[3]}" >>"$work/runs"
    previous=0
  else
    [ "$last_chain" != 0 ] && [ "$line" = "block $((w[1])) $((w[2])) key ${w[4]:-} stamp ${w[6]:-}" ] && [[ ${w[6]} = yes || ${w[6]} = no ]] &&
      [ "${w[1]}" = "$last_chain" ] && [ "${w[2]}" -ge "$run_first" ] && [ "${w[2]}" -le "$last_block" ] && [ "${w[2]}" -gt "$previous" ] ||
      bad "index.txt: not a block of this run, or not in its place: ${line:0:100}"
    previous=${w[2]}
    name=$(printf 'chains/%d/%012d' "${w[1]}" "${w[2]}")
    expected+=("$name.signed" "$name.signature" "$name.seen")
    [ "${w[6]}" = no ] || expected+=("$name.stamp")
    signed_chains+=("${w[1]}") signed_blocks+=("${w[2]}")
    block_row["${w[1]} ${w[2]}"]="key ${w[4]} ${w[6]}"
  fi
done
for key in "${!kind_of[@]}"; do printf 'certificates/%s.pem\n' "$key"; done | sort >"$work/certificates"
{
  printf '%s\n' "${expected[@]}"
  cat "$work/certificates"
  ls authorities/*.pem
  [ "$revocation" = no ] || echo revocation.crl
  printf '%s\n' index.txt "$manifest" "$signature"
} >"$work/order"
sort "$work/order" | comm -13 - <(sort "$work/names") | sed -n 1p >"$work/why"
[ ! -s "$work/why" ] || bad "entry $(cat "$work/why") belongs to nothing"
sed -e '/^authorities\//d' "$work/order" | cmp -s - <(sed -e '/^authorities\//d' "$work/names") || bad "an entry is missing, or not in its place"
{ head -7 index.txt; cat "$work/index.messages"; printf '%s\n' "${places[@]}"; printf '%s\n' "${chain_lines[@]}"; } | cmp -s - index.txt || bad "index.txt has lines that belong to nothing, or not in their place"

# Of all blocks only those are kept at hand that something is said of.
{
  for i in "${!signed_blocks[@]}"; do printf '%s %s\n' "${signed_chains[i]}" "${signed_blocks[i]}"; done
  for ((i = 0; i < ${#signed_blocks[@]}; i++)); do
    od -An -v -tx1 -w44 "$(printf 'chains/%d/%012d.seen' "${signed_chains[i]}" "${signed_blocks[i]}")" | tr -d ' '
  done | awk '
    function number(h,    i, v) { v = 0; for (i = 1; i <= length(h); i++) v = v * 16 + index("0123456789abcdef", substr(h, i, 1)) - 1; return v }
    length($0) == 88 { printf "%d %.0f\n", number(substr($0, 1, 8)), number(substr($0, 9, 16)) }'
} | sort -u >"$work/wanted"
declare -A digest_of_block at_of events_of rootof heads_of stamp_of
while read -r chain height digest at number root heads; do
  digest_of_block["$chain $height"]=$digest at_of["$chain $height"]=$at events_of["$chain $height"]=$number
  rootof["$chain $height"]=$root heads_of["$chain $height"]=$heads
done < <(awk 'NR == FNR { wanted[$1 " " $2]; next } ($1 " " $2) in wanted' "$work/wanted" "${work}/blocks")

stamps=0 first_stamp='' last_stamp=''
for i in "${!signed_blocks[@]}"; do
  b="${signed_chains[i]} ${signed_blocks[i]}" what="block ${signed_blocks[i]} of chain ${signed_chains[i]}"
  name=$(printf 'chains/%d/%012d' "${signed_chains[i]}" "${signed_blocks[i]}")
  read -r _ key is_stamped <<<"${block_row[$b]}"
  { printf 'DSSEv1 18 lienthong/v1/block 32 '; raw "${digest_of_block[$b]}"; } | cmp -s - "$name.signed" || bad "$name.signed is not what is signed of $what"
  verify "$key" "$name.signed" "$name.signature" "$what"
  [ "${agency_of[$key]}" = router ] || bad "$what: it is signed by ${agency_of[$key]}, which is no router"
  [ $((at_of[$b] / 1000000)) -ge "${from_of[$key]}" ] && [ "${at_of[$b]}" -le $((until_of[$key] * 1000000)) ] || bad "$what: the router's certificate was not valid then"
  [ "$(digest_of <"$name.seen")" = "${heads_of[$b]}" ] || bad "$what: the other chains' heads that it saw were changed"
  while read -r chain height digest; do
    [ -z "${digest_of_block["$chain $height"]:-}" ] || [ "${digest_of_block["$chain $height"]}" = "$digest" ] ||
      bad "$what: it saw another block $height of chain $chain than the file has: that chain is forked"
  done < <(od -An -v -tx1 -w44 "$name.seen" | tr -d ' ' | awk '
    function number(h,    i, v) { v = 0; for (i = 1; i <= length(h); i++) v = v * 16 + index("0123456789abcdef", substr(h, i, 1)) - 1; return v }
    { printf "%d %.0f %s\n", number(substr($0, 1, 8)), number(substr($0, 9, 16)), substr($0, 25) }')
  [ "$is_stamped" = yes ] || continue
  time=$(openssl ts -reply -in "$name.stamp" -token_in -token_out -text 2>/dev/null | sed -n 's/^Time stamp: //p')
  at=$(seconds "$time")
  [ "$at" -gt 0 ] || bad "$what: its time stamp is none"
  if [ -n "$stamp_authority" ]; then
    openssl ts -verify -digest "${digest_of_block[$b]}" -in "$name.stamp" -token_in -CAfile "$stamp_authority" -partial_chain -attime "$at" >/dev/null 2>&1 ||
      bad "$what: its time stamp does not hold: it is over something else, or the given authority does not vouch for it"
  else # over what it is, if not by whom
    openssl ts -reply -in "$name.stamp" -token_in -token_out -text 2>/dev/null | awk -F' - ' '/^Message data:/{on=1;next} /^[A-Z]/{on=0} on{gsub(/-/," ",$2); print substr($2,1,48)}' |
      tr -d ' \n' | cmp -s - <(printf %s "${digest_of_block[$b]}") || bad "$what: its time stamp is over something else"
  fi
  [ $(((at + 60) * 1000000)) -ge "${at_of[$b]}" ] || bad "$what: its time stamp is of before the time that the block names"
  stamp_of[$b]=$at stamps=$((stamps + 1))
  [ -n "$first_stamp" ] && [ "$first_stamp" -le "$at" ] || first_stamp=$at
  [ -n "$last_stamp" ] && [ "$last_stamp" -ge "$at" ] || last_stamp=$at
done

# The first time stamp over a block, or one that follows on it in its run. CHAIN HEIGHT
while read -r chain first last; do
  [ -n "${block_row["$chain $last"]:-}" ] || bad "block $last of chain $chain ends a run and is not signed"
  for i in "${!signed_blocks[@]}"; do
    [ "${signed_chains[i]}" = "$chain" ] && [ "${signed_blocks[i]}" -ge "$first" ] && [ "${signed_blocks[i]}" -le "$last" ] || continue
    best=''
    for ((j = i; j < ${#signed_blocks[@]}; j++)); do
      [ "${signed_chains[j]}" = "$chain" ] && [ "${signed_blocks[j]}" -le "$last" ] || break
      at=${stamp_of["$chain ${signed_blocks[j]}"]:-}
      if [ -n "$at" ] && { [ -z "$best" ] || [ "$at" -lt "$best" ]; }; then best=$at; fi
      [ -z "$best" ] || break
    done
    stamped_of["$chain ${signed_blocks[i]}"]=$best
    read -r _ key _ <<<"${block_row["$chain ${signed_blocks[i]}"]}"
    at=${at_of["$chain ${signed_blocks[i]}"]}
    [ -z "$best" ] || [ -z "$stamp_authority" ] || at=$((best * 1000000))
    [ -z "${revoked_of[$key]:-}" ] || [ "$at" -lt $((revoked_of[$key] * 1000000)) ] || bad "block ${signed_blocks[i]} of chain $chain: the key of its router was revoked before"
  done
done < <(cat "$work/runs" 2>/dev/null)
covered=0
for ((i = 1; i <= events; i++)); do
  n=$(printf %06d $i) b="${place_chain[$n]} ${place_block[$n]}"
  [ -n "${block_row[$b]:-}" ] || bad "event $n: its block, ${place_block[$n]} of chain ${place_chain[$n]}, is not in the file"
  [ "${events_of[$b]}" = "${place_count[$n]}" ] || bad "event $n: its block has ${events_of[$b]} events, not ${place_count[$n]}"
  [ "${rootof[$b]}" = "${root_of[$n]}" ] || bad "event $n: it is not in block ${place_block[$n]} of chain ${place_chain[$n]}: its path does not lead to the block's root"
  if [ -n "${stamped_of[$b]:-}" ]; then covered=$((covered + 1))
  else [ -n "$without_stamps" ] || bad "event $n: no time stamp is over its block, ${place_block[$n]} of chain ${place_chain[$n]}, so that only the router says when it was (--without-stamps: that is enough)"; fi
done
[ -n "$stamp_authority" ] || [ -n "$without_stamps" ] || fall_short "Who made the time stamps was not checked: give --stamp-authority FILE, or say --without-stamps."
for key in "${!kind_of[@]}"; do [ -n "${used[$key]:-}" ] || bad "certificates/$key.pem has signed nothing in the file"; done

# --- What it proves ----------------------------------------------------------------------------------------------------

when() { [ -n "$1" ] && date -u -d "@$1" '+%Y-%m-%d %H:%M:%S' || printf %s -; }
channels=('' ', at the counter' ', online' ', by post')
names=(none registered received 'not accepted' 'in process' 'supplement requested' 'obligation to be paid' withdrawn stopped finished 'handed over')
printf 'DOSSIER      %s%s\n' "${code:+$code, }" "id $dossier"
printf 'procedure    %s%s\n' "${procedure:-not named}" "${channels[$channel]:-}"
printf 'first event  %s\nlast event   %s, number %s\n' "$(when $((arrived_of[000001] / 1000000)))" "$(when $((arrived_of[$(printf %06d $events)] / 1000000)))" "$events"
last=${status_of[$(printf %06d $events)]}
printf 'outcome      status %s %s\n' "$last" "${names[$last]:-unknown}"
printf 'exported     %s by %s, officer %s\nreason       %s\n' "$(when "$exported_s")" "${agency_of[$exporter]}" "$officer" "$reason"
printf 'authority    %s\n' "$(openssl x509 -in "$work/authorities.pem" -noout -subject -nameopt multiline,utf8,-esc_msb | sed -n 's/^ *commonName *= //p')"
printf 'time stamps  %s, over %s of %s events' "$stamps" "$covered" "$events"
[ $stamps = 0 ] || printf ', of %s to %s' "$(when "$first_stamp")" "$(when "$last_stamp")"
printf '\n'
title=record before=''
while read -r chain first last; do
  printf '%-12s chain %s, blocks %s to %s%s\n' "$title" "$chain" "$first" "$last" "$([ "$before" != "$chain" ] || echo ' (those between were left out)')"
  title='' before=$chain
done <"$work/runs"
printf '\nWHO SIGNED, with which key\n'
for key in $(printf '%s\n' "${!kind_of[@]}" | sort); do
  printf '  %-16s %-28s key %.16s  valid %.10s to %.10s' "${agency_of[$key]}" "${name_of[$key]}" "$key" "$(when "${from_of[$key]}")" "$(when "${until_of[$key]}")"
  [ -z "${revoked_of[$key]:-}" ] || printf ', REVOKED since %s; what was signed before counts' "$(when "${revoked_of[$key]}")"
  printf '\n'
done
printf '\nWHAT WAS SAID, in the order of the record; times are UTC; [status afterwards]\n'
printf 'event  by the router        there by time stamp  signed by        what\n'
print_parts() {
  case ${parts_of[$1]} in 0) return ;; 1) printf ', 1 part' ;; *) printf ', %s parts' "${parts_of[$1]}" ;; esac
  [ "${sealed_of[$1]}" = 0 ] || printf ' (%s sealed)' "${sealed_of[$1]}"
}
next=1
print_deliveries() { # up to those because of event
  local m
  for (( ; next <= messages; next++)); do
    m=$(printf %06d $next)
    [ "${sender_of[$m]}" = router ] || continue
    [ "${sequence_of[$m]}" -le "$1" ] || break
    printf '       %s  %-19s  %-16s %-10s %s to %s' "$(when $((happened_of[$m] / 1000000)))" '' router "${kinds[${kind_of_message[$m]}]:-?}" "${type_of[$m]}" "${recipient_of[$m]}"
    print_parts "$m"
    [ -z "${received_by[$m]:-}" ] || printf ', acknowledged by event %s' "${received_by[$m]}"
    printf '\n'
  done
}
for ((i = 1; i <= events; i++)); do
  n=$(printf %06d $i) m=${message_of_event[$(printf %06d $i)]:-}
  printf '%5d  %s  %-19s  ' "$i" "$(when $((arrived_of[$n] / 1000000)))" "$(when "${stamped_of["${place_chain[$n]} ${place_block[$n]}"]:-}")"
  if [ -n "$m" ]; then
    printf '%-16s %-10s %s' "${sender_of[$m]}" "${kinds[${kind_of_message[$m]}]:-?}" "${type_of[$m]}"
    print_parts "$m"
    [ "${officer_of[$m]}" = - ] || printf ', officer %s' "${officer_of[$m]}"
  else
    printf '%-16s %-10s %s' router '' "${text_of[$n]%%|*}"
  fi
  detail=${text_of[$n]#*|}
  [ -z "$detail" ] || printf ': %s' "${detail:0:203}"
  printf ' [%s]\n' "${status_of[$n]}"
  print_deliveries $((i < events ? i : 1 << 62))
done
if [ -n "$short" ]; then
  printf 'verify-evidence: %s: IT AGREES WITH ITSELF, BUT IS NOT PROVED.%s\n' "$file" "$short" >&2
  exit 1
fi
printf '\nALL OF IT HOLDS.\n'
