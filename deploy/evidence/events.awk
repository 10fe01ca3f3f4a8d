# Events, "DIGEST BYTES" in hexadecimal, one in a line: "NUMBER DIGEST HEADER ARRIVED KIND STATUS TYPE|DETAIL" of each, each following on the one
# before it. -v dossier=ID. services/router/README.md, "Digests".
function number(h,    i, v) { v = 0; for (i = 1; i <= length(h); i++) v = v * 16 + index("0123456789abcdef", substr(h, i, 1)) - 1; return v }
function fail(why) { printf "event %06d: %s\n", NR, why >"/dev/stderr"; exit 1 }
function text(    size, i, out, c) {
  if (length(h) < 8) fail("its bytes are cut")
  size = number(substr(h, 1, 8)) * 2; if (length(h) < 8 + size) fail("its bytes are cut")
  out = ""
  for (i = 9; i < 9 + size; i += 2) { c = number(substr(h, i, 2)); out = out (c <= 32 || c == 127 ? (c == 32 ? " " : "?") : sprintf("%c", c)) }
  h = substr(h, 9 + size)
  return out
}
{
  h = $2
  if (substr(h, 1, 38) != "6c69656e74686f6e672f76312f6576656e7400") fail("these are not the bytes of an event")
  if (substr(h, 39, 32) != dossier) fail("it is of another dossier")
  if (number(substr(h, 71, 16)) != NR) fail("these are not the bytes of that event")
  previous = NR == 1 ? sprintf("%064d", 0) : before
  if (substr(h, 87, 64) != previous) fail("it does not follow on the one before it: it names another digest")
  before = $1
  header = substr(h, 151, 64); happened = number(substr(h, 215, 16)); arrived = number(substr(h, 231, 16))
  kind = number(substr(h, 247, 2)); status = number(substr(h, 249, 2)); h = substr(h, 251)
  type = text(); node = text(); detail = text()
  if (h != "") fail("bytes follow it")
  printf "%06d %s %s %.0f %d %d %s|%s\n", NR, $1, header, arrived, kind, status, type, detail
}
