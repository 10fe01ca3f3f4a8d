"""Every text that a stranger can write at the intake: quotes, statements, formats, line breaks, what nobody sees. No table is altered, no line of a
log is forged, and what is taken is shown as it was written."""
import copy
import json
import pathlib
import re
import urllib.parse
import uuid

import pytest

from operators import Operator
from world import AGENCIES, application, http, wait_until

# What may stand in a text: it is taken and kept as it is, wherever the text has no form of its own.
HARMLESS = ["'; DROP TABLE intake.application; --", '" OR 1=1 --', "$1 $$) ; DELETE FROM intake.task; --", "\\'; SELECT pg_sleep(9); --",
            "%n%n%s%x%99999d", '{"event":"FORGED"}', '","event":"FORGED","x":"', "{{7*7}} ${7*7} <b>&amp;</b>", "\n{\"at\":\"2026\",\"event\":\"FORGED\"}\n",
            "\\u000aFORGED", "../../etc/passwd", "Nguyễn Thị Ắ"]
# What is refused in every text.
REFUSED = ["\r\n{\"event\":\"FORGED\"}", "a\x1b[2J\x1b]0;x\x07", "\u202e' --", "\u2066x", "\u2028FORGED", "\x85FORGED", "a\x7f", "\ufeffa", "\U000e0041"]
# What is no JSON text at all; written as it would go over the line.
NO_TEXT = [b'"\\u0000"', b'"a\\u0000b"', b'"\\ud800"', b'"\xff\xfe"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"a\nb"']
# One object of texts, as base/log writes it.
PLAIN = re.compile(r'"(?:[^"\\\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\\["\\]|\\u[0-9a-f]{4})*"')


def submit(world, body=None, raw=None):
    return http("POST", f"{world.intake_url}/v1/dossiers", body, {**world.desk_headers, "Idempotency-Key": uuid.uuid4().hex}, raw=raw)


def full_application(world):
    """All texts that a submission may have."""
    body = application(world.next_parcel())
    body["applicant"] = {"kind": "organisation", "full_name": "Company", "tax_number": "9900000001", "address": "Street", "telephone": "1", "email": "a@b"}
    body["exemption_claims"] = ["claim"]
    body["delivery"]["choice"] = "receive"
    return body


def leaves(value, path=()):
    """The path of each text in VALUE."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, (*path, key))
    elif isinstance(value, list):
        for i, member in enumerate(value):
            yield from leaves(member, (*path, i))
    elif isinstance(value, str):
        yield path


def changed(body, path, value):
    copied = copy.deepcopy(body)
    at = copied
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return copied


def structure(world):
    """What the databases are made of: columns, indexes, triggers, functions, rights."""
    sql = """SELECT string_agg(x, E'\n' ORDER BY x) FROM (
        SELECT concat_ws(' ', table_schema, table_name, column_name, data_type, is_nullable, column_default) x FROM information_schema.columns
            WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
        UNION ALL SELECT concat(tgname, ' ', tgrelid::regclass, ' ', tgenabled) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT concat(proname, ' ', prosrc) FROM pg_proc WHERE pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        UNION ALL SELECT concat(rolname, ' ', rolsuper) FROM pg_roles) AS parts"""
    return {name: world.one(name, sql) for name in ("router", *AGENCIES)}


def check_logs(world):
    """Each line is one flat object of texts that begins as log_event begins it, and no event is a stranger's."""
    begins = re.compile(r'\{"at":"[0-9T:.Z+-]+","level":"(debug|info|warning|error)","service":"[a-z-]+","event":"[A-Z0-9-]+","text":')
    events = set()
    for path in pathlib.Path(world.folder, "log").glob("*.log"):
        if path.stem not in AGENCIES and not path.stem.startswith("router-"):
            continue
        for line in path.read_text().split("\n")[:-1]:
            assert begins.match(line), (path.name, line)
            rest = line[1:-1]
            while rest:
                key = PLAIN.match(rest)
                value = key and rest[key.end():key.end() + 1] == ":" and PLAIN.match(rest, key.end() + 1)
                assert value, (path.name, line, rest)
                rest = rest[value.end():].removeprefix(",")
            assert line.endswith("}") and json.loads(line)
            events.add(json.loads(line)["event"])
    assert events and "FORGED" not in events
    statements = pathlib.Path(world.folder, "log", "database.log").read_text()
    assert "syntax error" not in statements and "pg_sleep" not in statements, statements[-2000:]


def ready(world):
    try:
        return http("GET", world.intake_url + "/readyz").status == 200
    except OSError:
        return False


@pytest.fixture(scope="module", autouse=True)
def nothing_is_altered(world):
    conf = pathlib.Path(world.folder, "conf", "intake.yaml")
    world.stop("intake")
    conf.write_text(conf.read_text().replace("\nintake:\n", "\nintake:\n  guesses_per_minute: 6000\n"))
    world.start("intake")
    wait_until("intake is ready", lambda: ready(world))
    before = structure(world)
    yield
    assert structure(world) == before
    check_logs(world)
    assert world.one("intake", "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query ILIKE '%%pg_sleep(%%'") <= 1


def refuses(answer, statuses=(400, 401, 403, 404, 409, 422, 429)):
    assert answer.status in statuses, answer
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", answer.body["detail"]), answer
    return answer


def test_every_text_of_a_submission(world):
    """SQL injection and log injection."""
    body, taken, before = full_application(world), 0, world.one("intake", "SELECT count(*) FROM intake.application")
    assert submit(world, body).status == 201
    for path in leaves(body):
        for text in HARMLESS:
            answer = submit(world, changed(body, path, text))
            if answer.status == 201:
                taken += 1
            else:
                refuses(answer)
        for text in REFUSED:
            assert refuses(submit(world, changed(body, path, text))).status in (401, 422)
        for written in NO_TEXT:
            raw = json.dumps(changed(body, path, "@@@")).encode().replace(b'"@@@"', written)
            assert refuses(submit(world, raw=raw)).status == 400
    assert taken > 100
    assert world.one("intake", "SELECT count(*) FROM intake.application") == before + 1 + taken


def test_names_of_members(world):
    body = full_application(world)
    for name in (*HARMLESS, *REFUSED, "x" * 5000):
        for at in ((), ("applicant",), ("contract",), ("documents", 0)):
            answer = refuses(submit(world, changed(body, (*at, name), "x")))
            assert answer.status == 422 and len(json.dumps(answer.body)) < 5000


def test_what_is_taken_is_shown_as_it_was_written(world):
    for text in HARMLESS:
        d = world.submit(changed(application(world.next_parcel()), ("transferee", "address"), text))
        shown = world.desk("GET", f"/v1/desk/tasks/{d.task('desk.accept')}")
        assert shown.status == 200 and text in [value for value in texts(shown.body)], (text, shown)


def texts(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from texts(member)
    elif isinstance(value, str):
        yield value


def test_other_bodies(world):
    """Withdrawal, supplement, the officer's answer, login."""
    d = world.submit()
    step = d.task("desk.accept")
    supplement_of = {"decision": "supplement", "officer": "7", "gaps": ["paper"], "stage": "intake", "legal_basis": "law", "approver": "A"}
    for text in (*HARMLESS, *REFUSED):
        for key in supplement_of:
            answer = changed(supplement_of, ("gaps", 0) if key == "gaps" else (key,), text)
            if key == "decision" or text in REFUSED:
                refuses(world.desk("POST", f"/v1/desk/tasks/{step}/answer", answer))
        refuses(world.desk("POST", f"/v1/desk/tasks/{step}/answer", {"decision": text, "officer": text}))
        refuses(d.post("/supplement", {"certificate_serial": text, "unknown": text}))
        refuses(d.post("/survey", {"code": text, "score": 5, "text": text}))
        refuses(http("POST", world.intake_url + "/v1/sessions", {"name": text, "password": text}))
        if text in REFUSED:
            refuses(d.post("/withdrawal", {"reason": text}))
    for text in HARMLESS:
        other = world.submit()
        other.task("desk.accept")
        assert other.post("/withdrawal", {"reason": text}).status in (200, 409)
    assert "FORGED" not in json.dumps(Operator(world).shown(d.code))


def test_paths_queries_and_headers(world):
    """What stands beside bodies. Line breaks cannot be sent in a header; the rest can."""
    d = world.submit()
    paths = ("/v1/dossiers/{}", "/v1/dossiers/{}/payments", "/v1/desk/dossiers/{}", "/v1/desk/tasks/{}", "/v1/files/{}", "/v1/desk/tasks?dossier={}",
             "/v1/desk/tasks?operation={}", "/v1/files/" + "0" * 64 + "?offset={}&size={}")
    for text in (*HARMLESS, *REFUSED, "\x00", "a\x00b"):
        quoted = urllib.parse.quote(text, safe="")
        for path in paths:
            for headers in (world.desk_headers, {}):
                answer = http("GET", world.intake_url + path.replace("{}", quoted), headers=headers)
                assert answer.status in (200, 400, 401, 404, 429), (path, answer)
                assert answer.status != 200 or not answer.body.get("tasks"), (path, answer)
    for raw in ("%", "%zz", "%00", "%ff", "%c0%ae%c0%ae", "%2e%2e%2f", "..;/", "%0d%0aSet-Cookie:%20a=b"):
        answer = http("GET", f"{world.intake_url}/v1/desk/dossiers/{raw}", headers=world.desk_headers)
        assert answer.status in (400, 404) and "a=b" not in str(answer.headers), answer
    visible = [t for t in HARMLESS if t.isascii() and t.isprintable()]
    for text in visible:
        for header in ("Dossier-Secret", "Idempotency-Key", "CSRF-Token", "Cookie", "Portal-Token", "Lienthong-Portal", "X-Forwarded-For", "User-Agent"):
            answer = http("POST", f"{world.intake_url}/v1/dossiers/{d.code}/withdrawal", {"reason": "x"}, {header: text})
            assert answer.status in (400, 404, 429), answer
    for text in visible:
        key = uuid.uuid4().hex[:8] + text.replace(" ", "")
        body = application(world.next_parcel())
        first, again = (http("POST", f"{world.intake_url}/v1/dossiers", body, {**world.desk_headers, "Idempotency-Key": key}) for _ in range(2))
        assert (first.status, again.status) == (201, 200) and first.body == again.body


def test_the_record_of_acts_keeps_its_form(world):
    """Who forges an address or a name forges no row."""
    before = world.one("intake", "SELECT coalesce(max(number), 0) FROM account.act")
    for text in HARMLESS:
        if text.isascii() and text.isprintable():
            wait_until("a try is taken", lambda: http("GET", world.intake_url + "/v1/desk/tasks",
                       headers={"Authorization": f"Bearer {text}", "X-Forwarded-For": text}).status == 401, seconds=60, pause=1)
    rows = world.rows("intake", "SELECT who, source, act, object, outcome FROM account.act WHERE number > %s", before)
    assert rows and set(rows) == {("", "127.0.0.1", "refused", "the desk's token", "TOKEN")}
