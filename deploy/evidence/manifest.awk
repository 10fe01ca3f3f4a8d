# META-INF/ASiCManifest.xml: "DIGEST  NAME" of each entry; status 1 when it is another than the one way to write it.
BEGIN {
  for (i = 0; i < 64; i++) value[substr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", i + 1, 1)] = i
  hex = "0123456789abcdef"
  before = "<asic:DataObjectReference URI=\""
  middle = "\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>"
  after = "</ds:DigestValue></asic:DataObjectReference>"
  head[1] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
  head[2] = "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"
  head[3] = "<asic:SigReference URI=\"META-INF/signature.value\" MimeType=\"application/octet-stream\"/>"
}
NR <= 3 { if ($0 != head[NR]) exit 1; next }
$0 == "</asic:ASiCManifest>" { ended = NR; next }
{
  name = substr($0, length(before) + 1); at = index(name, middle)
  digest = substr(name, at + length(middle), 44); name = substr(name, 1, at - 1)
  if (ended || !at || $0 != before name middle digest after) exit 1
  out = ""; bits = 0; have = 0
  for (i = 1; i <= 43; i++) {
    bits = bits * 64 + value[substr(digest, i, 1)]; have += 6
    while (have >= 4) { have -= 4; nibble = int(bits / 2 ^ have); bits -= nibble * 2 ^ have; out = out substr(hex, nibble + 1, 1) }
  }
  print substr(out, 1, 64) "  " name
}
END { if (ended != NR) exit 1 }
