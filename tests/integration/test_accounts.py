"""Officers' accounts and sessions at the intake, what is recorded of them, and what one who guesses gets."""
import json
import statistics
import subprocess
import time
import uuid

import psycopg2
import psycopg2.errors
import pytest

from world import application, http

PASSWORD = "correct horse battery"
COOKIE = "__Host-lienthong"


@pytest.fixture(scope="module")
def office(world):
    return Office(world)


class Office:
    def __init__(self, world):
        self.world = world
        self.database = f"host={world.settings['DATABASE_HOST']} dbname=lt_intake user=lienthong"

    def lt(self, *arguments, password=None, status=0):
        done = subprocess.run([self.world.settings["LT"], "account", *arguments, "--database", self.database], capture_output=True, text=True,
                              input=password + "\n" if password else "")
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    def add(self, name, roles="desk", password=PASSWORD):
        self.lt("add", name, "--full-name", f"Officer {name}", "--roles", roles, password=password)

    def login(self, name, password=PASSWORD, **headers):
        while (answer := self.try_login(name, password, **headers)).status == 429:
            time.sleep(int(answer.headers["Retry-After"]))
        return answer

    def try_login(self, name, password, **headers):
        return http("POST", f"{self.world.intake_url}/v1/sessions", {"name": name, "password": password}, headers)

    def session(self, name):
        answer = self.login(name)
        assert answer.status == 201, answer
        return {"Cookie": answer.headers["Set-Cookie"].split(";")[0], "CSRF-Token": answer.body["csrf_token"]}

    def call(self, method, path, body=None, headers=None):
        return http(method, self.world.intake_url + path, body, headers)

    def audit(self):
        return json.loads(self.lt("audit", "--json", "--limit", "1000"))


def test_an_officer_logs_in_acts_by_name_and_leaves(office):
    office.add("lan")
    answer = office.login("lan")
    assert answer.status == 201 and answer.body["name"] == "lan" and answer.body["roles"] == ["desk"], answer
    cookie = answer.headers["Set-Cookie"]
    for wanted in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/"):
        assert wanted in cookie
    session = {"Cookie": cookie.split(";")[0], "CSRF-Token": answer.body["csrf_token"]}
    d = office.world.submit()
    step = d.task("desk.accept")
    path = f"/v1/desk/tasks/{step}"
    assert office.call("GET", path, headers=session).status == 200
    taken = office.call("POST", path + "/answer", {"decision": "accept", "officer": "somebody else"}, session)
    assert taken.status == 200, taken
    assert office.world.one("intake", "SELECT officer FROM intake.task WHERE step = %s", step) == "lan"
    assert [(a["who"], a["outcome"]) for a in office.audit() if a["object"] == step] == [("lan", "sent")]
    assert office.call("DELETE", "/v1/sessions/current", headers=session).status == 204
    assert office.call("GET", path, headers=session).status == 401
    stored = office.world.rows("intake", "SELECT digest::text FROM account.session")
    assert session["Cookie"].split("=")[1] not in str(stored)


def test_the_counter_is_the_officers(office):
    session = office.session("lan")
    body = application(office.world.next_parcel(), channel="counter")
    assert office.call("POST", "/v1/dossiers", body, {**session, "CSRF-Token": "x", "Idempotency-Key": uuid.uuid4().hex}).status == 401
    answer = office.call("POST", "/v1/dossiers", body, {**session, "Idempotency-Key": uuid.uuid4().hex})
    assert answer.status == 201, answer
    assert [a["who"] for a in office.audit() if a["act"] == "submission" and a["object"] == answer.body["id"]] == ["lan"]


def test_a_change_needs_its_csrf_token(office):
    session = office.session("lan")
    step = office.world.submit().task("desk.accept")
    path, body = f"/v1/desk/tasks/{step}/answer", {"decision": "accept"}
    other = office.session("lan")
    before = len(office.audit())
    for token in (None, "", "x", "0" * 64, other["CSRF-Token"], session["CSRF-Token"][:-1]):
        headers = {"Cookie": session["Cookie"], **({"CSRF-Token": token} if token is not None else {})}
        answer = office.call("POST", path, body, headers)
        assert answer.status == 403 and answer.body["code"] == "CSRF", (token, answer)
        assert office.call("DELETE", "/v1/sessions/current", headers=headers).status == 403
    assert office.call("POST", path, body, session).status == 200
    assert [(a["who"], a["outcome"]) for a in office.audit()[:-before]] == [("lan", "sent")] + [("lan", "CSRF")] * 12


def test_roles_are_held(office):
    office.add("minh", "observer,administrator")
    session = office.session("minh")
    answer = office.call("GET", "/v1/desk/tasks", headers=session)
    assert answer.status == 403 and answer.body["code"] == "ROLE"
    office.lt("roles", "minh", "--roles", "desk")
    assert office.call("GET", "/v1/desk/tasks", headers=session).status == 401, "the session ended with the change"
    assert office.login("minh").status == 201
    office.lt("lock", "minh")
    assert office.lt("lock", "nobody", status=1).startswith("lt account: there is no account")
    answer = office.login("minh")
    assert answer.status == 401 and answer.body["code"] == "LOGIN", answer


def test_logins_that_fail_look_alike_and_are_recorded(office):
    office.add("thu")
    texts = set()
    for name, password in (("thu", "wrong password"), ("nobody' OR 1=1 --", PASSWORD), ("minh", PASSWORD)):
        answer = office.login(name, password)
        assert answer.status == 401, answer
        texts.add(json.dumps(answer.body))
    assert len(texts) == 1
    record = json.dumps(office.audit())
    assert "wrong password" not in record and "OR 1=1" not in record and PASSWORD not in record
    assert '"object": "an unknown name"' in record


def test_a_session_is_nobodys_to_choose(office):
    """Session fixation: a token that was there before the login, another's or made up, is not the session's; the cookie is this site's alone."""
    office.add("vinh")
    made_up, others = "a" * 64, office.session("vinh")["Cookie"].split("=")[1]
    for planted in (made_up, others):
        answer = office.login("vinh", Cookie=f"{COOKIE}={planted}")
        assert answer.status == 201, answer
        name, _, token = answer.headers["Set-Cookie"].split(";")[0].partition("=")
        assert name == COOKIE and token != planted and len(token) == 64
        assert office.call("GET", "/v1/sessions/current", headers={"Cookie": f"{COOKIE}={planted}"}).status == 401
        assert office.call("GET", "/v1/sessions/current", headers={"Cookie": f"{COOKIE}={token}"}).status == 200
        assert office.call("GET", f"/v1/sessions/current?{COOKIE}={token}", headers={COOKIE: token}).status == 401
        others = token
    session = {"Cookie": f"{COOKIE}={others}", "CSRF-Token": answer.body["csrf_token"]}
    ended = office.call("DELETE", "/v1/sessions/current", headers=session)
    for cookie, age in ((answer.headers["Set-Cookie"], 36000), (ended.headers["Set-Cookie"], 0)):
        flags = {flag.strip() for flag in cookie.split(";")[1:]}
        assert flags == {"Path=/", "HttpOnly", "SameSite=Strict", "Secure", f"Max-Age={age}"}, cookie
    assert others not in json.dumps(answer.body) and answer.body["csrf_token"] not in answer.headers["Set-Cookie"]


def test_wrong_and_unknown_take_the_same_time(office):
    """Timing of secrets, of a look-up: whether there is such a code cannot be told."""
    d = office.world.submit()
    times = {d.code: [], d.code[:-4] + "9998": []}
    for n in range(60):
        for code, spent in times.items():
            begun = time.perf_counter()
            assert office.call("GET", f"/v1/dossiers/{code}", headers={"Dossier-Secret": "%032x" % n}).status == 404
            spent.append(time.perf_counter() - begun)
    known, unknown = (statistics.median(spent) for spent in times.values())
    assert max(known, unknown) / min(known, unknown) < 1.5, (known, unknown)


def test_the_service_makes_no_accounts(office):
    """Whoever has taken over the intake gives himself no password and no role, and changes no record."""
    with psycopg2.connect(host=office.world.settings["DATABASE_HOST"], dbname="lt_intake", user="lt_intake") as connection:
        for sql in ("UPDATE account.person SET password = 'x'", "UPDATE account.person SET roles = 31", "UPDATE account.person SET locked = false",
                    "INSERT INTO account.person SELECT * FROM account.person", "DELETE FROM account.person", "UPDATE account.act SET who = 'x'",
                    "DELETE FROM account.act", "ALTER TABLE account.act DISABLE TRIGGER act_stays"):
            with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(sql)
            connection.rollback()


def test_logins_are_bounded(office):
    answers = [office.try_login("thu", "wrong password") for _ in range(20)]
    held = [a for a in answers if a.status == 429]
    assert held and all(int(a.headers["Retry-After"]) >= 1 and a.body["code"] == "RATE" for a in held)


def test_guessed_dossier_code(office):
    """A code is easily guessed. Without its secret it opens nothing, looks like one that nobody has, and soon the guesser waits."""
    d = office.world.submit()
    nobody = d.code[:-4] + "9999"
    texts = set()
    for code, secret in ((d.code, None), (d.code, ""), (d.code, "0" * 32), (d.code, d.secret[:-1]), (nobody, d.secret), (nobody, None)):
        answer = office.call("GET", f"/v1/dossiers/{code}", headers={"Dossier-Secret": secret} if secret is not None else {})
        assert answer.status == 404, answer
        texts.add(json.dumps(answer.body))
    assert len(texts) == 1
    statuses = [office.call("GET", f"/v1/dossiers/{d.code}", headers={"Dossier-Secret": "%032x" % n}).status for n in range(260)]
    assert statuses[-1] == 429 and set(statuses) == {404, 429}
    answer = office.call("GET", f"/v1/dossiers/{d.code}", headers={"Dossier-Secret": d.secret})
    assert answer.status == 429 and int(answer.headers["Retry-After"]) >= 1
    time.sleep(int(answer.headers["Retry-After"]) + 1)
    assert office.call("GET", f"/v1/dossiers/{d.code}", headers={"Dossier-Secret": d.secret}).status == 200
    assert office.call("GET", "/v1/desk/tasks", headers=office.world.desk_headers).status == 200
