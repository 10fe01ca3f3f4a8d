"""Two intakes of one agency on one database and one spool: whoever a citizen meets, it is the same desk."""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import socket
import subprocess
import uuid

import pytest

from world import application, http, wait_until


@pytest.fixture(scope="module")
def urls(world):
    """The addresses of both. The second one has the first one's configuration but for the port."""
    folder = pathlib.Path(world.folder)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    text = (folder / "conf" / "intake.yaml").read_text()
    own = urlport(world.intake_url)
    twice = folder / "conf" / "intake-2.yaml"
    twice.write_text(re.sub(rf"port: {own}\b", f"port: {port}", text, count=1))
    status = (folder / "conf" / "intake.yaml").stat()
    os.chmod(twice, 0o600)
    who = {}
    if os.geteuid() == 0:
        os.chown(twice, status.st_uid, status.st_gid)
        who = {"user": status.st_uid, "group": status.st_gid, "extra_groups": []}
    with open(folder / "log" / "intake-2.log", "w") as log:
        process = subprocess.Popen([folder / "bin" / "lienthong-intake", "--config", twice], cwd=folder, stderr=log, **who)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until("the second intake is ready", lambda: process.poll() is None and ready(url))
        yield world.intake_url, url
    finally:
        process.terminate()
        assert process.wait(20) == 0


def urlport(url):
    return int(url.rsplit(":", 1)[1])


def ready(url):
    try:
        return http("GET", url + "/readyz").status == 200
    except OSError:
        return False


def both_at_once(calls):
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [f.result() for f in [pool.submit(*call) for call in calls]]


def test_the_same_key_at_once_opens_one_dossier(world, urls):
    for _ in range(15):
        body, key = application(world.next_parcel()), uuid.uuid4().hex
        answers = both_at_once([(http, "POST", url + "/v1/dossiers", body, {"Idempotency-Key": key, **world.desk_headers}) for url in urls * 2])
        assert sorted(a.status for a in answers) == [200, 200, 200, 201], answers
        assert all(a.body == answers[0].body for a in answers)
        assert world.one("intake", "SELECT count(*) FROM intake.application WHERE key = %s", key) == 1


def test_other_content_at_once_is_refused(world, urls):
    for _ in range(10):
        body, key = application(world.next_parcel()), uuid.uuid4().hex
        other = {**body, "district": str(int(body["district"]) + 1)}
        answers = both_at_once([(http, "POST", url + "/v1/dossiers", b, {"Idempotency-Key": key, **world.desk_headers}) for url, b in zip(urls, (body, other))])
        assert sorted(a.status for a in answers) == [201, 409], answers
        assert next(a for a in answers if a.status == 409).body["code"] == "KEY_REUSED"


def test_changes_and_answers_at_once_count_once(world, urls):
    for _ in range(5):
        d = world.submit()
        step = d.task("desk.accept")
        desk = {"Authorization": f"Bearer {world.desk_token}"}
        request = {"officer": "7", "decision": "supplement", "gaps": ["map"], "stage": "reception", "legal_basis": "x", "approver": "y"}
        answers = both_at_once([(http, "POST", f"{url}/v1/desk/tasks/{step}/answer", request, desk) for url in urls * 2])
        assert [a.status for a in answers] == [200] * 4, answers
        assert len({a.body["message"] for a in answers}) == 1
        d.reach(5)
        headers = {**world.desk_headers, "Idempotency-Key": "s"}
        change = {"documents": [{"type": "map", "name": "Map", "copy_kind": 1}]}
        answers = both_at_once([(http, "POST", f"{url}/v1/dossiers/{d.code}/supplement", change, headers) for url in urls * 2])
        assert [a.status for a in answers] == [200] * 4, answers
        assert len({a.body["message"] for a in answers}) == 1
        other = both_at_once([(http, "POST", f"{url}/v1/desk/tasks/{d.task('desk.accept')}/answer",
                               {"officer": "7", "decision": decision, "reason": "x", "legal_basis": "x"}, desk)
                              for url, decision in zip(urls, ("accept", "refuse"))])
        assert sorted(a.status for a in other) == [200, 409], other


def test_submissions_to_either_are_seen_by_both(world, urls):
    keys = [(urls[i % 2], application(world.next_parcel()), uuid.uuid4().hex) for i in range(20)]
    answers = both_at_once([(http, "POST", url + "/v1/dossiers", body, {"Idempotency-Key": key, **world.desk_headers}) for url, body, key in keys])
    assert [a.status for a in answers] == [201] * 20, answers
    assert len({a.body["code"] for a in answers}) == 20
    for answer in answers:
        for url in urls:
            path = f"{url}/v1/dossiers/{answer.body['code']}"
            assert wait_until("status 1", lambda: (v := http("GET", path, headers={"Dossier-Secret": answer.body["secret"]})).body["status"] and v).status == 200


def test_a_file_sent_to_both_at_once_is_kept_whole(world, urls):
    octets = {"Content-Type": "application/octet-stream"}
    for _ in range(10):
        content = os.urandom(200_000)
        path = f"/v1/files/{hashlib.sha256(content).hexdigest()}"
        answers = both_at_once([(lambda url: http("PUT", f"{url}{path}?size={len(content)}", raw=content, headers=octets), url) for url in urls * 2])
        assert all(a.status in (200, 409) for a in answers), answers
        state = http("GET", urls[0] + path).body
        if not state["complete"]:
            rest = content[state["received"]:]
            http("PUT", f"{urls[1]}{path}?size={len(content)}&offset={state['received']}", raw=rest, headers=octets)
        assert all(http("GET", url + path).body["complete"] for url in urls)


def test_documents_reach_the_repository(world, urls):
    """After all that, nothing is left in the spool."""
    wait_until("all documents are carried", lambda: world.one("intake", "SELECT count(*) FROM intake.file WHERE stored_at IS NULL") == 0, 60)
    assert not list(pathlib.Path(world.folder, "spool").glob("*[0-9a-f]"))
