"""deploy/verify-evidence.sh, which shares no code with lt, against lt evidence verify: on files that hold they say the same, on files that
were bent, also by an exporter who signs them anew, both refuse. The files are those of tests/fuzz/corpus/evidence, whose exporter's key
stands in evidence_fuzz.c."""
import os
import pathlib
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from evidence_file import INDEX, Container

ROOT = pathlib.Path(__file__).resolve().parents[2]
LT = pathlib.Path(os.environ["LT_BUILD"]) / "bin" / "lt"
SCRIPT = ROOT / "deploy" / "verify-evidence.sh"
CORPUS = ROOT / "tests" / "fuzz" / "corpus" / "evidence"
WAIVED = ["--without-stamps"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    container = Container((CORPUS / "whole").read_bytes())
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    path.write_bytes(b"".join(container[name] for name in container.names() if name.startswith("authorities/")))
    return path


@pytest.fixture(scope="module")
def exporter():
    text = (ROOT / "tests" / "fuzz" / "evidence_fuzz.c").read_text()
    lines = re.findall(r'"([^"\\]*)\\n"', text[text.index("key_pem"):])[:3]
    return load_pem_private_key("\n".join(lines).encode() + b"\n", None)


def own(path, *options):
    return subprocess.run([LT, "evidence", "verify", path, *options], capture_output=True, text=True)


def script(path, *options):
    return subprocess.run(["bash", SCRIPT, path, *options], capture_output=True, text=True)


@pytest.mark.parametrize("name,options", [("whole", WAIVED), ("tiny", WAIVED), ("apart", [*WAIVED, "--without-revocation"])])
def test_both_say_the_same(name, options, authority):
    a, b = own(CORPUS / name, "--authority", authority, *options), script(CORPUS / name, "--authority", authority, *options)
    assert a.returncode == 0 and "ALL OF IT HOLDS" in a.stdout, a.stderr
    assert b.returncode == 0 and a.stdout == b.stdout, b.stderr


@pytest.mark.parametrize("name,options,says", [
    ("cut", WAIVED, "message 000002: what it answers is not in the file"),
    ("apart", WAIVED, "whether a key had been revoked is not known"),
    ("whole", [], "event 000001: no time stamp is over its block"),
])
def test_both_refuse(name, options, says, authority):
    a, b = own(CORPUS / name, "--authority", authority, *options), script(CORPUS / name, "--authority", authority, *options)
    assert a.returncode == b.returncode == 1 and says in a.stderr, a.stderr
    assert says in b.stderr or "There is no list of revoked certificates" in b.stderr


def test_nothing_is_proved_without_the_authority():
    for done in (own(CORPUS / "whole", *WAIVED), script(CORPUS / "whole", *WAIVED)):
        assert done.returncode == 1 and "IT AGREES WITH ITSELF, BUT IS NOT PROVED" in done.stderr and "ALL OF IT" not in done.stdout


@pytest.mark.parametrize("words", [[], ["--authority"], ["--what", "x"], ["/no/such/file"]])
def test_wrong_use(words):
    done = subprocess.run(["bash", SCRIPT, *words], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr


def test_digests_that_cannot_be_checked_are_no_success(authority, tmp_path):
    """As when the manifest's list is none that sha256sum reads: it says nothing that could be shown, and fails."""
    silent = tmp_path / "sha256sum"
    silent.write_text("#!/bin/sh\n[ \"$1\" != -c ] || exit 1\nexec /usr/bin/sha256sum \"$@\"\n")
    silent.chmod(0o755)
    done = subprocess.run(["bash", SCRIPT, CORPUS / "tiny", "--authority", authority, *WAIVED], capture_output=True, text=True,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 1 and "cannot be checked" in done.stderr and "ALL OF IT" not in done.stdout, done.stderr


# Everything that means something, and where in its entry (None: the middle). What is replaced has the same length, or not.
BENDS = [(name, at) for name, places in {
    "README.txt": [5], "messages/000001.envelope": [1, 20, 60, 150, 300, -40, -300], "messages/000001.header": [20],
    "messages/000001.signed": [3, 40], "messages/000001.signature": [9], "messages/000002.envelope": [400, -400, -30],
    "messages/000004.envelope": [30, -5], "events/000001.event": [3, 25, 40, 50, 80, 108, 117, 123, 124, 130],
    "events/000002.event": [60, 124], "events/000003.event": [124, -3], "chains/1/000000000001.blocks": [20, 25, 40, 50, 58, 70, 100, 140, 700],
    "chains/2/000000000002.blocks": [100], "chains/1/000000000002.signature": [12], "chains/1/000000000005.signed": [50],
    "chains/2/000000000003.seen": [3, 9, 30], "revocation.crl": [60, -40],
}.items() for at in places]
LINES = [
    (r"^dossier (.)", "dossier f"), (r"^exporter (..)", "exporter 00"), ("^revocation yes", "revocation no"),
    ("^message 000001 sender 000", "message 000001 sender 001"), ("^(message 000002 .* key) ..", r"\1 00"),
    ("type lienthong/v1/receipt", "type lienthong/v1/command"), ("leaf 0 of 1 path -", "leaf 0 of 2 path -"),
    ("^(part 000001 0 .* at )", r"\g<1>1"), ("^(part 000002 0 .* author) 000001", r"\1 -"), (" open at", " sealed at"),
    ("^event 000002 chain 2", "event 000002 chain 1"), ("^event 000001 chain 1 block 2", "event 000001 chain 1 block 5"),
    ("^(event 000001 .*) leaf 1 of 3", r"\1 leaf 1 of 4"), ("^(event 000003 .* path ..)..", r"\g<1>00"),
    ("^run 1 1 5", "run 1 2 5"), ("^run 2 2 6", "run 2 2 5"), ("^block 1 2", "block 1 3"), ("^(block 2 6 key) ..", r"\1 00"),
    ("^(block 1 5 .* stamp) no", r"\1 yes"), ("^(block 1 5 .*\n)", ""), ("^(event 000003 .*\n)", ""), ("$", "\nmore"),
    ("^run 1 1 5", "run 1 a[$(touch${IFS}found)] 5"), (r"^event 000001 chain 1", "event 000001 chain a[$(touch${IFS}found)]"),
]


def refused_by_both(container, exporter, authority, tmp_path):
    container.sign_anew(exporter)
    path = tmp_path / "bent"
    path.write_bytes(container.bytes())
    said = []
    for done in (own(path, "--authority", authority, *WAIVED), script(path, "--authority", authority, *WAIVED)):
        assert done.returncode == 1 and "DOES NOT HOLD" in done.stderr, (done.returncode, done.stdout[-200:], done.stderr)
        assert "the manifest says" not in done.stderr and "exporter's signature" not in done.stderr.replace("is not in the file", ""), done.stderr
        said.append(done.stderr)
    return said


def test_signing_anew_is_as_the_exporter_does(exporter, authority, tmp_path):
    container = Container((CORPUS / "whole").read_bytes())
    container.sign_anew(exporter)
    (tmp_path / "file").write_bytes(container.bytes())
    assert script(tmp_path / "file", "--authority", authority, *WAIVED).returncode == 0
    assert own(tmp_path / "file", "--authority", authority, *WAIVED).returncode == 0


@pytest.mark.parametrize("name,at", BENDS)
def test_bent_bytes_though_signed_anew(name, at, exporter, authority, tmp_path):
    container = Container((CORPUS / "whole").read_bytes())
    content = bytearray(container[name])
    content[at] ^= 1
    container[name] = bytes(content)
    refused_by_both(container, exporter, authority, tmp_path)


@pytest.mark.parametrize("number", range(len(LINES)))
def test_bent_lines_though_signed_anew(number, exporter, authority, tmp_path):
    before, after = LINES[number]
    container = Container((CORPUS / "whole").read_bytes())
    text, count = re.subn(before, after, container[INDEX].decode(), count=1, flags=re.M)
    assert count == 1 and text != container[INDEX].decode()
    container[INDEX] = text.encode()
    if "exporter" in before:
        container.sign_anew(exporter)
        (tmp_path / "bent").write_bytes(container.bytes())
        assert script(tmp_path / "bent", "--authority", authority, *WAIVED).returncode == 1
        assert own(tmp_path / "bent", "--authority", authority, *WAIVED).returncode == 1
        return
    refused_by_both(container, exporter, authority, tmp_path)
    assert not list(tmp_path.rglob("found")) and not pathlib.Path("found").exists(), "the file's text was executed"


def test_entries_that_belong_to_nothing_or_are_missing(exporter, authority, tmp_path):
    for change in ("more", "less", "order"):
        container = Container((CORPUS / "whole").read_bytes())
        if change == "more":
            container.put_after("events/000003.event", "events/000004.event", b"x")
        elif change == "less":
            container.remove("chains/2/000000000006.seen")
        else:
            container.swap("events/000001.event", "events/000002.event")
        refused_by_both(container, exporter, authority, tmp_path)


def test_every_byte_changed_is_refused(authority, tmp_path):
    """The script on each byte of the smallest file; lt on each 16th (its library on each: unit/evidence/verify)."""
    data = (CORPUS / "tiny").read_bytes()

    def refuses(i):
        path = tmp_path / str(i)
        path.write_bytes(data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1:])
        done = script(path, "--authority", authority, *WAIVED).returncode == 1
        done = done and (i % 16 or own(path, "--authority", authority, *WAIVED).returncode == 1)
        path.unlink()
        return done

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(refuses, range(len(data)), chunksize=50))
