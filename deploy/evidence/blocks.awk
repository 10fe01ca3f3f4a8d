# Blocks of a run, "DIGEST BYTES" in hexadecimal, one in a line: "CHAIN HEIGHT DIGEST AT EVENTS ROOT HEADS" of each, each following on the one before
# it. -v chain= first= last=. services/router/README.md, "Digests".
function number(h,    i, v) { v = 0; for (i = 1; i <= length(h); i++) v = v * 16 + index("0123456789abcdef", substr(h, i, 1)) - 1; return v }
function fail(why) { printf "block %.0f of chain %d: %s\n", height, chain, why >"/dev/stderr"; exit 1 }
{
  height = first + NR - 1
  if (length($2) != 310 || substr($2, 1, 38) != "6c69656e74686f6e672f76312f626c6f636b00" || number(substr($2, 39, 8)) != chain || number(substr($2, 47, 16)) != height)
    fail("these are not the bytes of that block")
  before = height == 1 ? sprintf("%064d", 0) : digest
  if ((NR > 1 || height == 1) && substr($2, 183, 64) != before) fail("it does not follow on the one before it: it names another digest")
  digest = $1
  printf "%d %.0f %s %.0f %d %s %s\n", chain, height, $1, number(substr($2, 95, 16)), number(substr($2, 111, 8)), substr($2, 119, 64), substr($2, 247, 64)
}
END { if (height != last) fail("the run is cut") }
