"""Documents that strangers send: no name of theirs reaches a path, no link is followed, nothing is opened or believed but its SHA-256."""
import hashlib
import http.client
import io
import os
import pathlib
import urllib.parse
import zipfile

import pytest

from world import http as call, wait_until

DIGEST = "ab" * 32


@pytest.fixture
def spool(world):
    """No file appears beside those named by a digest, here or elsewhere in the world's folder."""
    before = everything(world)
    yield pathlib.Path(world.folder, "spool")
    new = {p for p in everything(world) - before if p.parts[0] not in ("log", "pg", "run")}
    assert all(len(p.name.removesuffix(".part")) == 64 and p.parts[0] in ("spool", "documents") for p in new), new


def everything(world):
    root = pathlib.Path(world.folder)
    return {pathlib.Path(folder, name).relative_to(root) for folder, _, names in os.walk(root) for name in names}


def put(world, name, content, query=None, **headers):
    """NAME goes out as it is, whatever it is."""
    where = urllib.parse.urlsplit(world.intake_url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
    connection.putrequest("PUT", f"/v1/files/{name}?{query or f'size={len(content)}'}", skip_accept_encoding=True)
    for header, value in {"Content-Type": "application/octet-stream", "Content-Length": str(len(content)), **headers}.items():
        connection.putheader(header.replace("_", "-"), value)
    connection.endheaders(content)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


NAMES = ["..%2f..%2fconf%2fdesk.token", "../../conf/desk.token", "%2e%2e%2f" * 8 + "etc%2fpasswd", "%2fetc%2fpasswd", "/etc/passwd", "..%5c..%5cx",
         "C:%5cWindows%5cx", "CON", "nul.txt", "aux", "x:stream", "%00", DIGEST + "%00", DIGEST + "%2f..%2fx", DIGEST + ".part", DIGEST[:-1], DIGEST + "a",
         DIGEST.upper(), DIGEST[:-2] + "%20", DIGEST[:-1] + "%0a", "%EF%BC%8E%EF%BC%8E%EF%BC%8F", "a" * 5000, ".", "..", "%2e", "*", "~", "-rf", "$(id)", "`id`", ";id", "|id"]


@pytest.mark.parametrize("name", NAMES, ids=lambda n: n[:30])
def test_path_tricks(world, spool, name):
    status, body = put(world, name, b"x")
    assert status in (400, 404, 405), (status, body)
    assert call("GET", f"{world.intake_url}/v1/files/{urllib.parse.quote(name, safe='%')}").status in (400, 404, 405)
    assert b"root:" not in body and world.desk_token.encode() not in body


def test_links_in_the_spool_are_not_followed(world, spool):
    """Whoever can write the spool gets no file of ours read or written by it."""
    outside = pathlib.Path(world.folder, "outside")
    outside.write_bytes(b"kept")
    outside.chmod(0o666)
    for ending, expected in (("", 200), (".part", 503)): # a link in the place of the whole file is replaced by the file
        content = b"a document" + ending.encode()
        digest = hashlib.sha256(content).hexdigest()
        link = spool / (digest + ending)
        link.symlink_to(outside)
        assert call("GET", f"{world.intake_url}/v1/files/{digest}").status == 404
        assert put(world, digest, content)[0] == expected
        assert outside.read_bytes() == b"kept"
        link.unlink(missing_ok=True)
    outside.unlink()


def test_what_it_says_of_itself_is_not_believed(world, spool):
    """Neither type, nor name, nor encoding; an answer is never the content."""
    page = b"<html><script>alert(1)</script>"
    digest = hashlib.sha256(page).hexdigest()
    for lie in ("text/html", "image/png", "application/json", "multipart/form-data; boundary=x", "../../x", "a" * 3000):
        status, body = put(world, digest, page, Content_Type=lie, Content_Encoding="gzip", Content_Disposition='attachment; filename="../../x"')
        assert status == 200 and b"script" not in body, (lie, body)
    stored = wait_until("it is in the repository", lambda: (a := document(world, digest)).status == 200 and a, seconds=30)
    assert stored.headers["Content-Type"] == "application/octet-stream" and stored.headers["X-Content-Type-Options"] == "nosniff"
    assert stored.body == page


def document(world, digest):
    token = pathlib.Path(world.folder, "conf", "repository.token").read_text().strip()
    return call("GET", f"{world.repository_url}/documents/{digest}", headers={"Authorization": f"Bearer {token}"})


def test_archives_are_not_opened(world, spool):
    """A zip bomb takes the room of its own bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../evil", b"\0" * (200 << 20))
    bomb = buffer.getvalue()
    assert len(bomb) < 1 << 20
    digest = hashlib.sha256(bomb).hexdigest()
    assert put(world, digest, bomb)[0] == 200
    stored = wait_until("it is in the repository", lambda: (a := document(world, digest)).status == 200 and a, seconds=30)
    assert stored.body == bomb
    used = sum(p.stat().st_size for folder in ("spool", "documents") for p in pathlib.Path(world.folder, folder).rglob("*") if p.is_file())
    assert used < 10 << 20


def test_sizes_that_lie(world, spool):
    content = b"0123456789"
    digest = hashlib.sha256(content).hexdigest()
    for query, expected in (("size=5", 413), ("size=0", 400), ("size=-1", 400), ("size=104857601", 413), ("size=99999999999999999999", 400), ("size=1e3", 400),
                            ("size=10&offset=-1", 400), ("size=10&offset=99", 409), ("size=10&size=11", 400), ("offset=0", 400)):
        status, body = put(world, digest, content, query)
        assert status == expected, (query, status, body)
    assert put(world, digest, b"9876543210")[0] == 422, "other content is not kept"
    assert call("GET", f"{world.intake_url}/v1/files/{digest}").status == 404
    assert put(world, digest, content)[0] == 200


def test_nothing_of_a_document_lies_open_on_a_disk(world, spool):
    """Neither half a document nor a whole one, at the intake or in the repository; and it comes back as it was."""
    marks = [b"MARKED-FIRST-079123456789", b"MARKED-LAST-079123456789"]
    content = marks[0] + os.urandom(150000) + marks[1]
    digest, half = hashlib.sha256(content).hexdigest(), 70001
    status, _ = put(world, digest, content[:half], f"size={len(content)}&offset=0")
    assert status == 200 and (spool / f"{digest}.part").stat().st_size > half
    assert found(world, marks) == []
    assert put(world, digest, content[half:], f"size={len(content)}&offset={half}")[0] == 200
    stored = wait_until("it is in the repository", lambda: (a := document(world, digest)).status == 200 and a, seconds=30)
    assert stored.body == content and found(world, marks) == []
    (pathlib.Path(world.folder) / "documents" / "control").write_bytes(b"x" + marks[1])
    assert found(world, marks) == ["control"], "the search finds what lies open"
    (pathlib.Path(world.folder) / "documents" / "control").unlink()


def found(world, marks):
    files = [p for folder in ("spool", "documents") for p in pathlib.Path(world.folder, folder).rglob("*") if p.is_file()]
    assert files
    return [p.name for p in files if any(mark in p.read_bytes() for mark in marks)]
