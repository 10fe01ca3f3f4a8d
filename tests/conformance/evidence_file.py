"""The container of an evidence file, read and written by code that shares none with ours: its entries can be bent, and its digests be
made anew as somebody would who wants to hide that."""
import base64
import hashlib
import io
import re
import zipfile

MANIFEST = "META-INF/ASiCManifest.xml"
SIGNATURE = "META-INF/signature.value"
INDEX = "index.txt"


class Container:
    def __init__(self, data):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.entries = {info.filename: archive.read(info) for info in archive.infolist()}

    def names(self):
        return list(self.entries)

    def __getitem__(self, name):
        return self.entries[name]

    def __setitem__(self, name, content):
        self.entries[name] = content

    def remove(self, name):
        del self.entries[name]

    def put_after(self, before, name, content):
        self.entries = {n: c for old, its in self.entries.items() for n, c in ((old, its), *([(name, content)] if old == before else []))}

    def swap(self, a, b):
        other = {a: b, b: a}
        self.entries = {other.get(n, n): self.entries[other.get(n, n)] for n in self.entries}

    def sign_anew(self, key):
        """As an exporter with KEY (Ed25519) would: the manifest of what is there now, and his signature."""
        lines = self.entries[MANIFEST].decode().splitlines()[:3]
        for name, content in self.entries.items():
            if name not in ("mimetype", MANIFEST, SIGNATURE):
                lines.append(f'<asic:DataObjectReference URI="{name}"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
                             f"<ds:DigestValue>{base64.b64encode(hashlib.sha256(content).digest()).decode()}</ds:DigestValue>"
                             "</asic:DataObjectReference>")
        manifest = ("\n".join(lines) + "\n</asic:ASiCManifest>\n").encode()
        self.entries[MANIFEST] = manifest
        self.entries[SIGNATURE] = key.sign(b"DSSEv1 21 lienthong/v1/evidence %d " % len(manifest) + manifest)

    def bytes(self):
        """As the format wants it: stored, fixed times, and the comment with the digest of all before it."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name, content in self.entries.items():
                info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                info.create_system, info.create_version, info.extract_version, info.external_attr = 0, 10, 10, 0
                archive.writestr(info, content)
            archive.comment = b"sha256=" + b"0" * 64
        data = fixed(target.getvalue(), self.entries)
        return data[:-64] + hashlib.sha256(data[:-71]).hexdigest().encode()


def fixed(data, entries):
    """zipfile writes version 2.0 and attributes of its own; those bytes are put right."""
    data = bytearray(data)
    at = 0
    for name, content in entries.items():
        data[at + 4] = 10
        at += 30 + len(name) + len(content)
    for name in entries:
        data[at + 4] = data[at + 6] = 10
        data[at + 38:at + 42] = bytes(4)
        at += 46 + len(name)
    return bytes(data)


def digests_made_anew(container):
    def digest(match):
        content = container[match.group(1)]
        return f'URI="{match.group(1)}">{match.group(2)}{base64.b64encode(hashlib.sha256(content).digest()).decode()}<'
    text = container[MANIFEST].decode()
    container[MANIFEST] = re.sub(r'URI="([^"]+)">(<ds:DigestMethod [^>]*><ds:DigestValue>)[^<]*<', digest, text).encode()
