"""A run of land transfers in a world that is being hurt: people who do not give up, and a count of every effect afterwards."""
import contextlib
import http.client
import os
import pathlib
import random
import signal
import sys
import threading
import time
import urllib.error
import uuid

import psycopg2

from world import INVARIANTS, World, application, http as call, wait_until

AGENCIES = ("intake", "land", "tax", "police", "payment", "postal", "repository", "portal")
# Short times, so that what is lost is missed soon. None of them changes what must come out.
ROUTER_EXTRA = "delivery: {lease: 1 s, retry_max: 2 s}"
AGENCY_EXTRA = ("journal: {resend: 1 s, retry_min: 50 ms, retry_max: 400 ms, poll: 100 ms}\n"
                "session: {reconnect_min: 50 ms, reconnect_max: 300 ms}")
AWAY = (OSError, http.client.HTTPException, urllib.error.URLError, psycopg2.Error)

STEPS = {"desk.accept": {"decision": "accept"}, "desk.identity.manual": {"decision": "match"}, "desk.originals.collect": {},
         "desk.apology": {"reason": "a fault was tested"}, "desk.handover": {"signer": "the buyer"}, "desk.file.return": {"signer": "the applicant"}}


class Person(threading.Thread):
    """Does its work again and again until the run is over; what is away is tried again."""

    def __init__(self, run, work):
        super().__init__(daemon=True, name=work.__name__)
        self.run_of, self.work, self.connection = run, work, None
        self.start()

    def run(self):
        while not self.run_of.over.is_set():
            try:
                done = self.work(self)
            except AWAY:
                self.connection, done = None, False
            except Exception as error:       # a fault of the test or of an answer: told with what it leads to
                self.run_of.trouble, done = f"{self.name}: {error!r}", False
            time.sleep(0.01 if done else 0.1)

    def rows(self, database, sql):
        if self.connection is None or self.connection.closed:
            self.connection = psycopg2.connect(host=self.run_of.world.settings["DATABASE_HOST"], dbname=f"lt_{database}", user="lienthong",
                                               connect_timeout=3)
            self.connection.autocommit = True
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()


class Run:
    """A world with two routers, half of the agencies connected to the second one only, and the people around it."""

    def __init__(self, parcels=300, environment=None, without=()):
        options = ["--routers", "2", "--split", "--parcels", str(parcels)]
        for name in without:
            options += ["--without", name]
        self.seed = int(os.environ.get("LT_FAULTS_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
        print(f"repeat with LT_FAULTS_SEED={self.seed}", file=sys.stderr)
        self.random = random.Random(self.seed)
        self.over, self.trouble = threading.Event(), ""
        self.submitted = {}          # key to dossier id
        self.world = World(*options, environment={"LT_ROUTER_EXTRA": ROUTER_EXTRA, "LT_AGENCY_EXTRA": AGENCY_EXTRA,
                                                  "LT_RECONCILE": "2 s", **(environment or {})})
        self.world.rows = self.rows
        self.world.payment_service(autopay=True)
        self.people = [Person(self, work) for work in (self.officer, self.postman)]

    def close(self):
        self.over.set()
        for person in self.people:
            person.join(20)
        folder = self.world.folder
        self.world.close()
        left = leaked(folder)
        assert not left, f"processes leaked: {left}"

    def rows(self, database, sql, *parameters):
        """As World.rows, past a connection that the database's end took along."""
        for left in (3, 2, 1, 0):
            try:
                return World.rows(self.world, database, sql, *parameters)
            except (psycopg2.DatabaseError, psycopg2.InterfaceError):
                if not left:
                    raise
                self.world.connections.pop(database, None)
                time.sleep(0.3)

    # --- people ---
    def officer(self, _):
        answer = self.world.desk("GET", "/v1/desk/tasks")
        tasks = answer.body["tasks"] if answer.status == 200 else []
        for task in tasks:
            self.world.desk("POST", f"/v1/desk/tasks/{task['step']}/answer", {"officer": "D-007", **STEPS[task["operation"]]})
        return bool(tasks)

    def postman(self, person):
        open_items = person.rows("postal", "SELECT id, state FROM postal.item WHERE state IN ('accepted', 'pickup', 'transit')")
        following = {"accepted": "pickup", "pickup": "transit", "transit": "delivered"}
        for item, state in open_items:
            self.world.postal("POST", f"/items/{item}/events", {"kind": following[state], "place": "Mỹ Tho", "signer": "buyer"})
        return bool(open_items)

    def submit(self, count):
        """COUNT transfers by as many citizens at once, each with one key until it has its receipt. Does not wait for them."""
        citizens = [threading.Thread(target=self.citizen, args=(self.world.next_parcel(),), daemon=True) for _ in range(count)]
        for citizen in citizens:
            citizen.start()
        return citizens

    def citizen(self, parcel):
        key, body = uuid.uuid4().hex, application(parcel)
        while not self.over.is_set():
            try:
                answer = call("POST", f"{self.world.intake_url}/v1/dossiers", body,
                              {"Idempotency-Key": key, **self.world.submitter(body)}, timeout=5)
                if answer.status in (200, 201):
                    self.submitted[key] = answer.body["id"]
                    return
            except AWAY:
                pass
            time.sleep(0.1)

    # --- faults ---
    def stops_at(self, name, point, count):
        """Process NAME is replaced by one that dies at the point."""
        self.world.run("stop", name)
        self.world.start(name, LIENTHONG_STOP=f"{point}:{count}")

    def pid(self, name, seconds=10):
        """Of process NAME, which was started before. Waits for its pid file; never 0 or less, which would be a group of processes
        (0: the test's own)."""
        path = pathlib.Path(self.world.folder, "run", f"{name}.pid")

        def written():
            text = path.read_text().strip() if path.exists() else ""
            return int(text) if text.isdigit() and int(text) > 1 else None
        return wait_until(f"{name} has a pid file with a pid", written, seconds, 0.02)

    def is_gone(self, name):
        pid = self.pid(name)
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        return state == "Z"

    def dies(self, name, seconds=30):
        wait_until(f"{name} dies", lambda: self.is_gone(name), seconds, 0.02)

    def dies_of_work(self, name, citizens):
        """As dies; how many dossiers one transaction takes is chance, so more citizens come until the point is passed."""
        for _ in range(30):
            for _ in range(50):
                if self.is_gone(name):
                    return
                time.sleep(0.02)
            citizens += self.submit(1)
        raise AssertionError(f"{name} never passed the point")

    def signal(self, name, number):
        """One that has died meanwhile is dead, which is what all signals here are for."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid(name), number)

    def kill(self, name):
        self.signal(name, signal.SIGKILL)

    # --- afterwards ---
    def all_ended(self, citizens=(), seconds=60):
        """Every citizen has a receipt, and every dossier its end."""
        for citizen in citizens:
            citizen.join(seconds)
            assert not citizen.is_alive(), "a submission was never answered"

        def ended():
            return not self.world.rows("router", "SELECT 1 FROM dossier WHERE ended_at IS NULL OR status <> 10 LIMIT 1")
        try:
            wait_until("all dossiers end", ended, seconds, 0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.trouble}\n{self.open_work()}\nLT_FAULTS_SEED={self.seed}") from error

    def open_work(self):
        rows = self.world.rows("router", "SELECT d.id, d.status, d.open_steps, d.incidents, e.kind, e.type FROM dossier d JOIN event e "
                               "ON e.dossier = d.id AND e.sequence = d.sequence WHERE d.ended_at IS NULL LIMIT 5")
        waiting = self.world.rows("router", "SELECT o.dossier, c.code, o.kind, o.type, o.state, o.attempts, o.owner, o.next_at, o.reason FROM outbox o "
                                  "JOIN agency_code c ON c.agency = o.agency WHERE o.state IN ('waiting', 'dead') LIMIT 10")
        journals = [(name, self.world.rows(name, "SELECT 'in', dossier::text, operation, attempts, reason FROM lienthong.inbox WHERE state IN (0, 2) UNION ALL "
                                           "SELECT 'out', dossier::text, type, attempts, reason FROM lienthong.outbox WHERE state <> 1 LIMIT 10")) for name in AGENCIES]
        return "\n".join(map(str, [*rows, *waiting, *[j for j in journals if j[1]]]))

    def check(self):
        """Every effect exactly once, where it happened."""
        self.settled()
        world, dossiers = self.world, sorted(self.submitted.values())
        count = len(dossiers)
        assert len(set(dossiers)) == count, "two keys, one dossier"
        assert sorted(r[0] for r in world.rows("router", "SELECT id::text FROM dossier")) == dossiers
        one = (count,) * 3
        assert self.numbers("land", "SELECT count(*), count(DISTINCT dossier), count(DISTINCT new_serial) FROM land.entry") == one
        assert self.numbers("land", "SELECT count(*), count(DISTINCT ba_unit), count(DISTINCT number) FROM land.entry") == one
        assert self.numbers("land", "SELECT count(*), count(DISTINCT dossier), count(DISTINCT step) FROM land.slip") == one
        assert self.numbers("tax", "SELECT count(*), count(DISTINCT dossier), count(*) FILTER (WHERE replaced_at IS NULL) FROM tax.assessment") == one
        assert self.numbers("tax", "SELECT count(*), count(DISTINCT (assessment, kind)), count(*) FILTER (WHERE settled_at IS NOT NULL AND paid = amount) "
                            "FROM tax.notice") == (2 * count,) * 3
        assert self.numbers("tax", "SELECT count(*), count(DISTINCT notice) FROM tax.receipt") == (2 * count,) * 2
        assert self.numbers("payment", "SELECT count(*), count(DISTINCT reference), count(*) FILTER (WHERE state = 'paid' AND paid = amount) "
                            "FROM payment.payment_order") == (2 * count,) * 3
        assert world.rows("payment", "SELECT outcome, count(*), count(DISTINCT reference) FROM payment.payment GROUP BY 1") == \
            ([("counted", 2 * count, 2 * count)] if count else [])
        assert self.numbers("postal", "SELECT count(*), count(DISTINCT dossier), count(*) FILTER (WHERE state = 'delivered') FROM postal.item") == one
        assert self.numbers("postal", "SELECT count(*), count(DISTINCT item), count(*) FROM postal.tracking WHERE kind = 'delivered'") == one
        assert self.numbers("repository", "SELECT count(*), count(DISTINCT dossier), count(DISTINCT number) FROM repository.result") == one
        assert self.numbers("intake", "SELECT count(*), count(*) FILTER (WHERE status = 10), count(*) FILTER (WHERE certificate IS NOT NULL) "
                            "FROM intake.application") == one
        assert self.numbers("router", "SELECT count(*), count(DISTINCT dossier), count(DISTINCT message_id) FROM event "
                            "WHERE kind = 2 AND type = 'land.register.write'") == one
        assert world.rows("router", "SELECT * FROM incident") == []
        assert world.rows("router", "SELECT code, text FROM refusal") == []
        broken = world.rows("router", INVARIANTS.read_text())
        assert not broken, f"invariants broken: {broken}"
        self.check_portal()

    def numbers(self, database, sql):
        return self.world.rows(database, sql)[0]

    def settled(self, seconds=30):
        """Nothing is on its way: notices are received, and every message of every agency is acknowledged."""
        def quiet():
            if self.world.rows("router", "SELECT 1 FROM outbox WHERE state = 'waiting' LIMIT 1"):
                return False
            return not any(self.world.rows(name, "SELECT 1 FROM lienthong.outbox WHERE state = 0 UNION ALL SELECT 1 FROM lienthong.inbox "
                                           "WHERE state = 0 LIMIT 1") for name in AGENCIES)
        try:
            wait_until("all is said", quiet, seconds, 0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.trouble}\n{self.open_work()}\nLT_FAULTS_SEED={self.seed}") from error
        for name in AGENCIES:
            refused = self.world.rows(name, "SELECT type, code, reason FROM lienthong.outbox WHERE state = 2 UNION ALL "
                                      "SELECT operation, code, reason FROM lienthong.inbox WHERE state = 2")
            assert refused == [], f"{name}: {refused}"

    def check_portal(self):
        """The national portal was told every status of the newest dossiers, in order. A call whose answer was lost is made again, so
        that one status may stand there twice, one behind the other."""
        wait_until("the national portal was told all", lambda: not self.world.rows("portal", "SELECT 1 FROM portal.errand LIMIT 1"), 60, 0.1)
        assert self.numbers("portal", "SELECT count(*) FILTER (WHERE state <> 'done'), 0 FROM portal.progress") == (0, 0)
        assert self.numbers("portal", "SELECT count(*) FILTER (WHERE refused <> '' OR told < version), 0 FROM portal.record") == (0, 0)
        for (code,) in self.world.rows("intake", "SELECT code FROM intake.application ORDER BY code DESC LIMIT 20"):
            answer = call("GET", f"{self.world.national_portal_url}/dossiers/{code}")
            assert answer.status == 200 and answer.body["record"]["TrangThaiHoSo"] == "10", answer
            told = [int(p["TrangThai"]) for p in answer.body["progress"]]
            statuses = [s for i, s in enumerate(told) if i == 0 or s != told[i - 1]]
            assert statuses == [1, 2, 4, 6, 4, 9, 10], f"{code}: {told}"


def leaked(folder):
    """Processes that still stand in FOLDER."""
    found = []
    for proc in pathlib.Path("/proc").iterdir():
        try:
            if proc.name.isdigit() and os.readlink(proc / "cwd").startswith(folder):
                found.append((int(proc.name), (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode()))
        except OSError:
            continue
    return found
