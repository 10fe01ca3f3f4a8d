# Envelopes (protobuf), as bytes in decimal after a line "F NUMBER": for each message what it says ("M …", "L …" its path), its parts ("P …"),
# and to -v index_lines=FILE what index.txt must say of them. proto/README.md, sections 4 to 6.
function fail(why) { print "message " number ": " why >"/dev/stderr"; failed = 1; exit 1 }
function varint(    v, m, byte) {
  v = 0; m = 1
  do { if (at > stop) fail("its bytes are cut"); byte = b[at++]; v += (byte % 128) * m; m *= 128 } while (byte >= 128)
  return v
}
# The field at AT, before STOP: number F; V or from S, L bytes.
function field(    tag, type) {
  tag = varint(); F = int(tag / 8); type = tag % 8; S = at; L = 0
  if (type == 0) { V = varint(); L = at - S }
  else if (type == 2) { L = varint(); S = at; at += L }
  else if (type == 1) { L = 8; at += 8 }
  else if (type == 5) { L = 4; at += 4 }
  else fail("its bytes are none of protobuf")
  if (at - 1 > stop) fail("its bytes are cut")
}
function enter(from, size) { saved_at[++depth] = at; saved_stop[depth] = stop; at = from; stop = from + size - 1 }
function leave() { at = saved_at[depth]; stop = saved_stop[depth--] }
function bytes(from, size,    i, out) { out = ""; for (i = from; i < from + size; i++) out = out hex[b[i]]; return out }
function text(from, size,    i, out) { out = ""; for (i = from; i < from + size; i++) out = out (b[i] < 32 || b[i] == 127 ? "?" : sprintf("%c", b[i])); return out }
# What a shell takes as one word, and as nothing else.
function token(from, size,    t) { t = text(from, size); if (t ~ /[^A-Za-z0-9._-]/) fail("\"" t "\" is no token"); return t }
function quoted(t) { return t == "" ? "-" : t }
# A signature: K key, VALUE where and how long, LEAF of COUNT, PATH.
function sign(from, size) {
  K = ""; VAT = 0; VSIZE = 0; LEAF = 0; COUNT = 0; PATH = ""
  enter(from, size)
  while (at <= stop) {
    field()
    if (F == 1) K = bytes(S, L); else if (F == 2) { VAT = S; VSIZE = L } else if (F == 3) LEAF = V; else if (F == 4) COUNT = V
    else if (F == 5) PATH = PATH " " bytes(S, L)
  }
  leave()
}
# A part's descriptor without its item, in one text, so that author's and carrier's can be compared.
function descriptor(from, size) {
  D1 = D2 = D4 = D5 = ""; D3 = D8 = ""; D6 = D7 = 0
  enter(from, size)
  while (at <= stop) {
    field()
    if (F == 1) D1 = token(S, L); else if (F == 2) D2 = token(S, L); else if (F == 3) D3 = D3 "," token(S, L); else if (F == 4) D4 = bytes(S, L)
    else if (F == 5) D5 = bytes(S, L); else if (F == 6) D6 = V; else if (F == 7) D7 = V; else if (F == 8) D8 = D8 "," bytes(S, L)
  }
  leave()
  return D1 " " D2 " " D3 " " D4 " " D5 " " D6 " " D7 " " D8
}
function header(from, size) {
  id = dossier = sender = recipient = type = reply = procedure = officer = code = ""; kind = happened = channel = opened = sequence = 0; described = sealed = 0
  enter(from, size)
  while (at <= stop) {
    field()
    if (F == 2) id = bytes(S, L); else if (F == 3) dossier = bytes(S, L); else if (F == 4) sender = token(S, L)
    else if (F == 5) recipient = token(S, L); else if (F == 6) kind = V; else if (F == 7) type = token(S, L)
    else if (F == 18) sequence = V; else if (F == 10) reply = bytes(S, L); else if (F == 11) happened = V
    else if (F == 13) { enter(S, L); while (at <= stop) { field(); if (F == 1 && !opened) procedure = token(S, L); else if (F == 2) officer = text(S, L) } leave() }
    else if (F == 19) { opened = 1; enter(S, L); while (at <= stop) { field(); if (F == 1) procedure = token(S, L); else if (F == 3) { code = text(S, L); gsub(/[^A-Za-z0-9.:\/_-]/, "?", code) } else if (F == 4) channel = V } leave() }
    else if (F == 15) { said[++described] = descriptor(S, L); dname[described] = D1; dtype[described] = D2; ddigest[described] = D4; dsalted[described] = D5; dsize[described] = D6; dsealed[described] = D7; sealed += D7 }
  }
  leave()
}
function message(    i, h, hsize, sig, sigsize, n, m, a, asize, authors, value) {
  at = 1; stop = size; depth = 0; n = 0; h = 0; sig = 0
  while (at <= stop) {
    field()
    if (F == 1) { h = S; hsize = L } else if (F == 2) { part[++n] = S; psize[n] = L } else if (F == 3) { sig = S; sigsize = L }
  }
  if (!h || !sig) fail("it has no header or no signature")
  header(h, hsize)
  if (n != described) fail("its parts are not those that its header describes")
  raw = bytes(h, hsize)
  if (raw in number_of) fail("it is in the file before")
  number_of[raw] = number
  for (i = 1; i <= n; i++) own[number, dname[i]] = said[i]
  sign(sig, sigsize)
  leaftype = kind == 5 ? "receipt" : kind == 9 ? "command" : kind == 11 ? "reseal" : "envelope"
  value = bytes(VAT, VSIZE)
  signed[number] = K " " value " " LEAF " " COUNT PATH
  print "M", number, K, h, hsize, VAT, VSIZE, leaftype, LEAF, COUNT, sender, recipient, kind, quoted(type), quoted(reply), sprintf("%.0f", happened), dossier, quoted(procedure), quoted(code), channel, n, sealed, sprintf("%.0f", sequence), quoted(officer)
  if (PATH != "") print "L", PATH
  line = "message " number " sender " sender " key " K " type lienthong/v1/" leaftype " leaf " LEAF " of " COUNT " path" (PATH == "" ? " -" : PATH)
  print line >index_lines
  for (i = 1; i <= n; i++) {
    cat = csize = salt = ssize = a = asize = 0
    enter(part[i], psize[i])
    while (at <= stop) { field(); if (F == 1) { cat = S; csize = L } else if (F == 2) { salt = S; ssize = L } else if (F == 3) { a = S; asize = L } }
    leave()
    if (csize != dsize[i]) fail("part " dname[i] " has another size")
    author = "-"
    if (a) {
      ah = as = 0
      enter(a, asize)
      while (at <= stop) { field(); if (F == 1) { ah = S; ahsize = L } else if (F == 2) { as = S; assize = L } }
      leave()
      araw = bytes(ah, ahsize)
      if (!(araw in number_of)) fail("part " dname[i] " is of an author whose message is not in the file")
      author = number_of[araw]
      sign(as, assize)
      if (signed[author] != K " " bytes(VAT, VSIZE) " " LEAF " " COUNT PATH) fail("part " dname[i] " has another signature of its author than the author's message")
      if (!((author, dname[i]) in own) || own[author, dname[i]] != said[i]) fail("its author described part " dname[i] " otherwise")
    }
    print "P", number, dname[i], ddigest[i], cat, csize, dsealed[i], dsalted[i], salt, ssize
    print "part " number " " i - 1 " " dname[i] " " dtype[i] " " (dsealed[i] ? "sealed" : "open") " at " (cat ? cat - 1 : 0) " size " csize " author " author >index_lines
  }
}
BEGIN { for (i = 0; i < 256; i++) hex[i] = sprintf("%02x", i) }
/^F/ { if (number != "") message(); number = $2; size = 0; next }
{ for (i = 1; i <= NF; i++) b[++size] = $i }
END { if (!failed && number != "") message() }
