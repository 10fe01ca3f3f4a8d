"""Agencies that have no program of ours: made by lt commands alone, and played by Python over the real wire (agent.py)."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import uuid

import zmq

from agent import Agent, envelope, kind, wire
from world import AGENCIES, ROOT, wait_until

department = wire.compiled("department")
intake = wire.compiled("intake")
WORKFLOWS = ROOT / "deploy" / "workflows"


def lt(world, *arguments, check=True):
    done = subprocess.run([world.settings["LT"], *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, **world.environment})
    assert not check or done.returncode == 0, f"lt {arguments}: {done.stdout}{done.stderr}"
    return done


def deploy(world, *files):
    return lt(world, "deploy", *files, "--database", world.settings["ROUTER_DATABASE"], "--calendar", "vn", "--grant")


def join(world, agencies):
    """AGENCIES, code to roles, get keys and stand in the directory; the programs that run read the certificates again."""
    keys = pathlib.Path(world.folder, "keys")
    owner = keys.stat()
    entries = ["agencies:"]
    for code, roles in agencies.items():
        lt(world, "keys", "issue", keys, "--agency", code, "--name", f"Agency {roles}")
        certificate = pathlib.Path(world.folder, "certificates", f"{code}.pem")
        shutil.copy(keys / code / "sign.pem", certificate)
        for path in (certificate, keys / code, *(keys / code).iterdir()):
            os.chown(path, owner.st_uid, owner.st_gid)
        entries += [f"  - code: {code}", f"    name: Agency {roles}", f"    roles: {roles}",
                    f"    certificate: ../keys/{code}/sign.pem ../keys/{code}/encrypt.pem", f"    curve: ../keys/{code}/curve.pub"]
    path = pathlib.Path(world.folder, "conf", f"directory-{uuid.uuid4().hex[:8]}.yaml")
    path.write_text("\n".join(entries) + "\n")
    lt(world, "agencies", "apply", path, "--database", world.settings["ROUTER_DATABASE"])
    for name in AGENCIES:
        pid = pathlib.Path(world.folder, "run", f"{name}.pid")
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGHUP)
    time.sleep(1)   # the routers read the directory every moment; who is not in it yet is not let in


class Office(Agent):
    """An agency that does its steps as a test says, for one procedure."""

    def __init__(self, world, code, procedure):
        self.procedure, self.done = procedure, set()
        until = time.monotonic() + 20
        while True:
            try:
                super().__init__(world, code)
                return
            except (AssertionError, zmq.ZMQError):   # the routers read the directory every moment
                assert time.monotonic() < until
                time.sleep(0.1)

    def purpose(self, officer="O-001"):
        return envelope.Purpose(procedure=self.procedure, officer=officer)

    def open(self, name, key=None, code="", **more):
        """A dossier of our own; its id."""
        key = key or uuid.uuid4().hex
        dossier = uuid.UUID(bytes=wire.dossier_id(self.now_us() // 1000, self.code, key))
        opening = envelope.Opening(procedure=self.procedure, idempotency_key=key, channel=2, dossier_code=code)
        fate = self.exchange(self.make("SUBMISSION", dossier, type=name, opening=opening, purpose=self.purpose(), **more))
        assert fate.code == "ACKNOWLEDGED", fate
        return dossier

    def do(self, operation, dossier, seconds=30, **answer):
        """Takes the step OPERATION of DOSSIER and answers it; returns its delivery."""
        def find():
            return next((d for d in self.deliveries if d.type == operation and d.dossier == dossier and d.header.kind == kind("TASK")
                         and d.id not in self.done), None)
        delivery = self.wait(f"delivery of {operation}", find, seconds)
        fate = self.exchange(self.answer(delivery, **answer))
        assert fate.code == "ACKNOWLEDGED", fate
        self.done.add(delivery.id)
        return delivery

    def give_up(self, operation, dossier):
        """Takes the request to give OPERATION of DOSSIER up, and does."""
        def find():
            return next((d for d in self.deliveries if d.type == operation and d.dossier == dossier and d.header.kind == kind("CANCEL")), None)
        cancel = self.wait(f"a cancel of {operation}", find)
        assert self.exchange(self.reply("CANCELLED", cancel)).code == "ACKNOWLEDGED"

    def say(self, dossier, name, **more):
        return self.exchange(self.event(dossier, name, **more))


def report(kind, result, *findings):
    return department.Report(kind=kind, result=result, findings=findings, legal_basis="Law 28/2023/QH15", officer="O-001",
                             at="2026-11-30T08:00:00+07:00")


def facts(delivery):
    """Name to value of what travelled along; lists of texts as lists."""
    found = {}
    for fact in delivery.header.facts:
        case = fact.value.WhichOneof("is")
        value = getattr(fact.value, case)
        found[fact.name] = [getattr(i, i.WhichOneof("is")) for i in value.items] if case == "list" else value
    return found


def texts(*items):
    return envelope.Value(list=envelope.ValueList(items=[envelope.Scalar(text=i) for i in items]))


def statuses(world, dossier):
    """Every status that was told, in order."""
    record = shown(world, dossier)
    told = [out["status_told"] for event in record["events"] for out in event["out"] if "status_told" in out]
    return [s for i, s in enumerate(told) if i == 0 or told[i - 1] != s]


def shown(world, dossier):
    return json.loads(lt(world, "dossier", "show", dossier, "--database", world.settings["ROUTER_DATABASE"], "--json").stdout)


def ended(world, dossier, seconds=30):
    return wait_until(f"{dossier} ends", lambda: world.one("router", "SELECT ended_at IS NOT NULL FROM dossier WHERE id = %s", str(dossier)), seconds)
