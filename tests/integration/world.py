"""A whole Lienthong for a test, made and driven by deploy/world.sh, and the people around it: citizen, officer, payer,
postman. Black box: HTTP, the wire (wire.py) and the agencies' own databases; no code of ours."""
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid

import psycopg2
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LT_BUILD", ROOT / "build"))
INVARIANTS = ROOT / "tests" / "faults" / "invariants.sql"
AGENCIES = ("intake", "land", "tax", "police", "payment", "postal", "repository", "portal")

FAMILY = "Nguyễn Trần Lê Phạm Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô".split()
MIDDLE = "Văn Thị Hữu Ngọc Minh Thanh Đức Kim Quang Thu Xuân".split()
GIVEN = "An Bình Châu Dũng Giang Hòa Hương Khánh Lan Long Mai Nam Phúc Quý Thúy Thủy Tuấn".split()


def person(p):
    """Demonstration person number p; services/README.md has the rule."""
    year = 1950 + p % 50
    return {"kind": "person", "full_name": f"{FAMILY[p % 13]} {MIDDLE[p % 11]} {GIVEN[p % 17]}",
            "birth_date": f"{year}-{1 + p % 12:02}-{1 + p % 28:02}", "personal_number": f"999{p % 2}{year % 100:02}{p:06}",
            "tax_number": f"99{p:08}", "address": f"Số {p} đường Hùng Vương", "telephone": f"0999{p:06}",
            "email": f"person{p}@example.org"}


def application(i, **changes):
    """The submission that transfers demonstration parcel i from its holder to its buyer."""
    value = 500_000_000 + (i % 100) * 25_000_000 + i % 1000
    body = {"procedure": "1.013831", "channel": "counter", "applicant": person(2 * i - 1), "transferee": person(2 * i),
            "contract": {"number": f"DEMO-{i:06}/HĐ", "date": "2026-06-01", "value": str(value)},
            "certificate_serial": f"DM {i:08}", "parcel": f"{1 + i % 100}/{1 + i // 100}",
            "area": f"{60 + i % 400}.{i % 10}", "district": str(815 + i % 11),
            "documents": [{"type": "transfer-contract", "name": "Transfer contract", "copy_kind": 0}],
            "delivery": {"method": "post", "name": person(2 * i)["full_name"], "address": "Số 1", "telephone": "0999000001"}}
    body.update(changes)
    return body


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"<{self.status} {self.body}>"


def http(method, url, body=None, headers=None, timeout=40, raw=None):
    data = raw if raw is not None else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            status, got, text = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        status, got, text = error.code, error.headers, error.read()
    try:
        return Answer(status, got, json.loads(text) if text else None)
    except ValueError:
        return Answer(status, got, text)


def wait_until(what, condition, seconds=30, pause=0.05):
    """Returns the first true value of condition()."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)


class Dossier:
    """One citizen's dossier and what the people around it do."""

    def __init__(self, world, submitted, key):
        self.world, self.key = world, key
        self.code, self.secret, self.id = submitted["code"], submitted["secret"], submitted["id"]

    def get(self, path="", **kwargs):
        return http("GET", f"{self.world.intake_url}/v1/dossiers/{self.code}{path}", headers={"Dossier-Secret": self.secret}, **kwargs)

    def post(self, path, body, key=None, officer=False):
        """As the applicant, or as the desk, which has seen the paper."""
        who = self.world.desk_headers if officer else {"Dossier-Secret": self.secret}
        headers = {**who, "Idempotency-Key": key or uuid.uuid4().hex}
        return http("POST", f"{self.world.intake_url}/v1/dossiers/{self.code}{path}", body, headers)

    def view(self):
        answer = self.get()
        assert answer.status == 200, answer
        return answer.body

    @property
    def status(self):
        return self.view()["status"]

    def reach(self, status, seconds=30):
        return wait_until(f"{self.code} reaches status {status} (is {self.view()})", lambda: self.status == status, seconds)

    def ended(self, seconds=30):
        return wait_until(f"{self.code} ends (is {self.view()})", lambda: self.view()["ended"], seconds)

    def task(self, operation, seconds=30):
        def find():
            tasks = self.world.desk("GET", f"/v1/desk/tasks?dossier={self.code}&operation={operation}").body["tasks"]
            return tasks[0]["step"] if tasks else None
        return wait_until(f"{self.code}: task {operation} (is {self.view()})", find, seconds)

    def answer(self, operation, **body):
        step = self.task(operation)
        return self.world.desk("POST", f"/v1/desk/tasks/{step}/answer", {"officer": "D-007", **body})

    def accept(self):
        answer = self.answer("desk.accept", decision="accept")
        assert answer.status == 200, answer

    def notices(self, seconds=30):
        return wait_until(f"{self.code}: notices", lambda: self.get("/payments").body["notices"], seconds)

    def pay(self, notices=None):
        for notice in notices if notices is not None else self.notices():
            self.world.pay(notice["reference"], notice["amount"])

    def item(self, seconds=30):
        def find():
            items = self.world.postal("GET", f"/items?dossier={self.id}").body["items"]
            return items[0]["id"] if items else None
        return wait_until(f"{self.code}: postal item", find, seconds)

    def scan(self, item, *kinds):
        for kind in kinds:
            answer = self.world.postal("POST", f"/items/{item}/events", {"kind": kind, "place": "Mỹ Tho", "signer": "buyer"})
            assert answer.status == 200, answer

    def deliver(self):
        self.scan(self.item(), "pickup", "transit", "delivered")

    def to_payment(self):
        self.accept()
        self.reach(6)
        return self

    def happy(self):
        self.to_payment()
        self.pay()
        self.deliver()
        self.reach(10)
        self.ended()
        return self

    def serial(self, seconds=30):
        answer = wait_until(f"{self.code}: result", lambda: (a := self.get("/result")).status == 200 and a, seconds)
        return answer.body["certificate"]["serial"]

    def events(self):
        return self.world.rows("router", "SELECT sequence, kind, type, node, status, detail FROM event WHERE dossier = %s "
                               "ORDER BY sequence", self.id)

    def progress(self):
        """Every status that the citizen was told, in order."""
        return [p["status"] for p in self.view()["progress"]]


class World:
    def __init__(self, *options, environment=None):
        self.folder = tempfile.mkdtemp(prefix="lt-test-")
        self.environment = {"LT_FSYNC_OFF": "1", **(environment or {})}
        self.run("up", *options, "--build", str(BUILD))
        self.settings = {}
        for line in self.run("env").splitlines():
            name, _, value = line.partition("=")
            self.settings[name] = value.strip("'")
        self.intake_url = self.settings["INTAKE_URL"]
        self.land_url = self.settings["LAND_URL"]
        self.postal_url = self.settings["POSTAL_URL"]
        self.repository_url = self.settings["REPOSITORY_URL"]
        self.payment_url = self.settings["PAYMENT_URL"]
        self.payment_service_url = self.settings["PAYMENT_SERVICE_URL"]
        self.national_portal_url = self.settings["NATIONAL_PORTAL_URL"]
        self.desk_token = self.settings["DESK_TOKEN"]
        self.postal_token = self.settings["POSTAL_TOKEN"]
        self.land_token = self.settings["LAND_TOKEN"]
        self.routers = int(self.settings["ROUTERS"])
        self.number = 0
        self.connections = {}

    def run(self, action, *arguments, environment=None):
        done = subprocess.run([str(ROOT / "deploy" / "world.sh"), action, self.folder, *arguments], text=True,
                              capture_output=True, env={**os.environ, **self.environment, **(environment or {})})
        if done.returncode != 0:
            raise AssertionError(f"world.sh {action}: {done.stderr}\n{self.logs()}")
        return done.stdout

    def as_owner(self, *command):
        """Runs COMMAND as the user who runs the services."""
        owner = os.stat(self.folder)
        return subprocess.run(command, text=True, capture_output=True, user=owner.st_uid, group=owner.st_gid, extra_groups=[], cwd=self.folder)

    def start(self, *names, **environment):
        self.run("start", *names, environment=environment)

    def stop(self, *names):
        self.run("stop", *names)

    def kill(self, *names):
        self.run("kill", *names)

    def serves(self, name):
        """Its HTTP answers."""
        try:
            return http("GET", f"{self.settings[name.upper() + '_URL']}/healthz", timeout=2).status < 500
        except OSError:
            return False

    def running(self, name):
        return f"{name} runs" in self.run("status")

    def logs(self, lines=15):
        text = []
        for path in sorted(pathlib.Path(self.folder, "log").glob("*.log")):
            tail = path.read_text(errors="replace").splitlines()[-lines:]
            if tail:
                text.append(f"--- {path.name}\n" + "\n".join(tail))
        return "\n".join(text)

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.run("down")
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- people ---
    def next_parcel(self):
        self.number += 1
        return self.number

    def submit(self, body=None, key=None, **changes):
        key = key or uuid.uuid4().hex
        answer = self.try_submit(body or application(self.next_parcel(), **changes), key)
        assert answer.status == 201, answer
        return Dossier(self, answer.body, key)

    def try_submit(self, body, key):
        return http("POST", f"{self.intake_url}/v1/dossiers", body, {**self.submitter(body), **({"Idempotency-Key": key} if key else {})})

    def submitter(self, body):
        """Headers of the one who may submit BODY: online anybody, otherwise the desk."""
        return {} if body["channel"] == "online" else self.desk_headers

    @property
    def desk_headers(self):
        return {"Authorization": f"Bearer {self.desk_token}"}

    def desk(self, method, path, body=None):
        return http(method, self.intake_url + path, body, self.desk_headers)

    def postal(self, method, path, body=None):
        return http(method, self.postal_url + path, body, {"Authorization": f"Bearer {self.postal_token}"})

    def land(self, method, path, body=None):
        return http(method, self.land_url + path, body, {"Authorization": f"Bearer {self.land_token}"})

    def pay(self, reference, amount, **more):
        """Pays at the payment service once it knows the order (or at once, when the reference is meant to be wrong)."""
        if not more.pop("unknown", False):
            wait_until(f"order {reference}", lambda: http("GET", f"{self.payment_service_url}/orders/{reference}").status == 200)
        answer = http("POST", f"{self.payment_service_url}/pay", {"reference": reference, "amount": str(amount), **more})
        assert answer.status == 200, answer
        return answer.body["transaction"]

    def payment_service(self, **control):
        assert http("POST", f"{self.payment_service_url}/control", control).status == 200

    def national_portal(self, **control):
        assert http("POST", f"{self.national_portal_url}/control", control).status == 200

    def shown(self, dossier):
        """What operators are shown of it."""
        show = [self.settings["LT"], "dossier", "show", dossier.code, "--database", self.settings["ROUTER_DATABASE"], "--json"]
        return json.loads(subprocess.run(show, capture_output=True, text=True, check=True).stdout)

    # --- databases ---
    def rows(self, database, sql, *parameters):
        connection = self.connections.get(database)
        if connection is None or connection.closed:
            connection = psycopg2.connect(host=self.settings["DATABASE_HOST"], dbname=f"lt_{database}", user="lienthong")
            connection.autocommit = True
            self.connections[database] = connection
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    def one(self, database, sql, *parameters):
        return self.rows(database, sql, *parameters)[0][0]

    def vault(self, agency):
        """The agency's keys to what is sealed in its database (common/trust/vault.h)."""
        lines = pathlib.Path(self.folder, "vault", agency, "vault.keys").read_text().split("\n")
        found = [line.split() for line in lines if line and not line.startswith("#")]
        keys = [bytes.fromhex(value) for name, value in found if name == "key"]
        return keys, bytes.fromhex(next(value for name, value in found if name == "index"))

    @staticmethod
    def key_id(key):
        return hashlib.sha256(key).digest()[:4]

    def index(self, agency, place, text):
        return hmac.new(self.vault(agency)[1], place.encode() + b"\0" + text.encode(), hashlib.sha256).digest()

    def opened(self, agency, place, owner, value):
        return self.opened_bytes(agency, place, owner, value).decode()

    def opened_bytes(self, agency, place, owner, value):
        """What VALUE holds; OWNER: bytes that name its row."""
        value = bytes(value)
        key = next(k for k in self.vault(agency)[0] if self.key_id(k) == value[1:5])
        return AESGCM(key).decrypt(value[5:17], value[17:], place.encode() + b"\0" + owner)

    def digest(self, *without):
        """SHA of every table of the router but the refusals, so that a test can say: nothing else changed."""
        tables = [r[0] for r in self.rows("router", "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
        ignored = {"refusal", "refusal_count", "router", *without}
        return {t: self.one("router", f'SELECT md5(coalesce(string_agg(t::text, E\'\\n\' ORDER BY t::text), \'\')) FROM "{t}" t')
                for t in tables if t not in ignored}

    def check_invariants(self):
        broken = self.rows("router", INVARIANTS.read_text())
        assert not broken, f"invariants broken: {broken}"
