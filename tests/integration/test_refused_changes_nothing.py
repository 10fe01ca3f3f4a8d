"""A forged, replayed, expired, misaddressed or unentitled message changes no row but the refusal record: every table of the routers' database
and of every agency's is the same before and after, and what the router remembers of the message is its refusal alone."""
import json
import time
import uuid

import pytest
from agent import Agent, Identity, envelope, session, wire
from cryptography.hazmat.primitives.asymmetric import ec
from operators import Operator

from world import AGENCIES, World, wait_until

POLICE, TAX = "000.04.00.G01", "000.03.00.G12"
PROCEDURE = "1.013831"
SUBMISSION = (PROCEDURE, "desk", "submission", "router")
RECORD = ("refusal", "refusal_count")
BOOKKEEPING = ("batch", "router")              # one row for each transaction, and each router's heartbeat
MEMORY = ("message", "message_all")            # of a final refusal: looked at by itself
SECOND_US, HOUR_US = 1_000_000, 3_600_000_000
police = wire.compiled("police")


@pytest.fixture(scope="module")
def world():
    made = World("--parcels", "20", "--without", "police")
    yield made
    made.close()


@pytest.fixture(scope="module")
def agent(world):
    """Police: no process of its own, so that all it says is said here."""
    with Agent(world, "police") as honest:
        yield honest


@pytest.fixture(scope="module")
def desk(world):
    """A second process of the desk's agency; without credit it is given no deliveries."""
    with Agent(world, "intake", credit=(0, 4 << 20)) as second:
        yield second


@pytest.fixture(scope="module")
def task(world, agent):
    dossier = world.submit()
    return agent.delivery("police.identity.check", dossier.id)


@pytest.fixture(scope="module")
def security(world):
    return Operator(world, world.settings["SECURITY"])


def tables(world, database):
    """Table to (rows, digest) of everything in DATABASE that is not the record of refusals."""
    names = world.rows(database, "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
    ignored = RECORD + BOOKKEEPING + MEMORY if database == "router" else ()
    return {f"{database}.{schema}.{name}": world.rows(database, 'SELECT count(*), md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text),'
                                                                f" '')) FROM \"{schema}\".\"{name}\" t")[0]
            for schema, name in names if name not in ignored}


def everything(world):
    found = {}
    for database in ("router", *AGENCIES):
        found.update(tables(world, database))
    return found


def still(world, *agents):
    """What stands in all tables, once nothing is under way any more."""
    last = [None]

    def same():
        for one in agents:
            one.pump(0.05)
        before, last[0] = last[0], everything(world)
        return before == last[0] and last[0]
    return wait_until("the tables stand still", same, pause=0.2)


def record(world):
    return (world.one("router", "SELECT count(*) FROM refusal"),
            world.one("router", "SELECT coalesce(sum(count), 0)::bigint FROM refusal_count"))


def accepted(world):
    return world.one("router", "SELECT count(*) FROM message WHERE code = 0")


def check(world, agents, sender, message, code, words=(), proved=True):
    """MESSAGE is refused with CODE, with a text that says WORDS; that is recorded, and nothing else has changed."""
    data, message_id = (message.bytes, message.id) if hasattr(message, "bytes") else message
    before, taken, (refused, counted) = still(world, *agents), accepted(world), record(world)
    fate = sender.exchange(data, message_id)
    assert fate.code == code and not fate.session_ended, fate
    assert all(word in fate.text for word in words), fate
    wanted = (refused + 1, counted) if proved else (refused, counted + 1)
    wait_until("the refusal is recorded", lambda: record(world) == wanted)
    after = still(world, *agents)
    assert after == before, sorted(t for t in after if after[t] != before.get(t))
    assert accepted(world) == taken
    remembered = world.rows("router", "SELECT code, text FROM message WHERE message_id = %s", str(uuid.UUID(bytes=message_id)))
    if not proved:
        assert remembered == []
    elif code != "ID_REUSED":
        assert remembered == [(number(code), fate.text)]
    if proved:
        assert world.rows("router", "SELECT code, text FROM refusal ORDER BY id DESC LIMIT 1") == [(number(code), fate.text)]
    return fate


def number(code):
    return session.RefusalCode.Value(f"REFUSAL_CODE_{code}")


def match(agent, task, **more):
    answer = police.IdentityAnswer(request_id="r", outcome=police.IdentityOutcome.Value("IDENTITY_OUTCOME_MATCH"))
    part = ("identity-result", police.IdentityResult(answers=[answer]), ("desk",))
    return agent.answer(task, **{"parts": [part], "facts": {"identity.result": "match"}, **more})


def changed(**fields):
    def change(header):
        for name, value in fields.items():
            setattr(header, name, value)
    return change


def no_purpose(header):
    header.ClearField("purpose")


# --- Forged ------------------------------------------------------------------------------------------------------------------------

def bent(made):
    made.header = made.header.replace(b"match", b"maTch")


FORGED = {
    "changed after it was signed": (lambda a, t: match(a, t, change_envelope=bent), "SIGNATURE", "signature"),
    "signed with a key of nobody": (lambda a, t: match(a, t, sign=ec.generate_private_key(ec.SECP256R1())), "UNKNOWN_KEY", "lt agencies"),
    "signed by another agency in our name": (lambda a, t: match(a, t, sign=Identity(a.world, "tax").sign), "WRONG_SENDER", "another agency"),
    "another agency's, brought by us": (
        lambda a, t: match(a, t, change_header=changed(sender=TAX), sign=Identity(a.world, "tax").sign), "WRONG_SENDER", "connection"),
    "signed as another kind of message": (lambda a, t: as_receipt(a, t), "SIGNATURE", "signature"),
}


def as_receipt(agent, task):
    """An answer whose leaf is of a receipt's type."""
    def sign(made):
        made.signature.CopyFrom(wire.sign_batch(agent.identity.sign, [made.header], wire.RECEIPT_TYPE)[0])
    return match(agent, task, change_envelope=sign)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_message(world, agent, desk, task, name):
    make, code, words = FORGED[name]
    check(world, (agent, desk), agent, make(agent, task), code, (words,), proved=False)


# --- Replayed ----------------------------------------------------------------------------------------------------------------------

def test_a_replayed_message_has_no_second_effect(world, agent, desk):
    """What was taken is acknowledged again, what was refused is refused again: neither leaves so much as another refusal."""
    submission = desk.submission(purpose=desk.purpose(), procedure=PROCEDURE)
    refused = desk.exchange(submission)   # of a land transfer all parts are missing
    assert refused.code in ("PART", "FACT"), refused
    taken = agent.receipt(agent.deliveries[0])
    assert agent.exchange(taken).code == "ACKNOWLEDGED"
    before, counts = still(world, agent, desk), record(world)
    assert agent.exchange(taken).code == "ACKNOWLEDGED"
    again = desk.exchange(submission)
    assert (again.code, again.text) == (refused.code, refused.text)
    assert still(world, agent, desk) == before and record(world) == counts


def test_a_message_replayed_by_another_agency(world, agent, desk, task):
    message = agent.receipt(task)
    check(world, (agent, desk), desk, message, "WRONG_SENDER", ("another agency's connection",), proved=False)


def test_a_message_id_with_other_content(world, agent, desk, task):
    first = agent.receipt(task)
    assert agent.exchange(first).code == "ACKNOWLEDGED"
    other = agent.reply("RECEIPT", task, change_header=changed(message_id=first.id, happened_us=agent.now_us() - 5 * SECOND_US))
    check(world, (agent, desk), agent, other, "ID_REUSED")


# --- Expired -----------------------------------------------------------------------------------------------------------------------

def test_an_expired_message(world, agent, desk, task):
    old = changed(happened_us=agent.now_us() - 2 * HOUR_US, expires_us=agent.now_us() - HOUR_US)
    check(world, (agent, desk), agent, match(agent, task, change_header=old), "EXPIRED", ("expired at",))


def directory(world, sql, *parameters):
    """A change of the directory behind the routers' back, as its owner makes it; until they have read it."""
    world.rows("router", sql, *parameters)
    world.rows("router", "UPDATE directory_version SET version = version + 1")
    time.sleep(1.5)   # routers look once a second


def test_a_message_under_a_certificate_that_has_ended(world, agent, desk, task):
    key = wire.key_id(agent.identity.sign)
    until = world.one("router", "SELECT valid_until::text FROM agency_key WHERE key_id = %s", key)
    directory(world, "UPDATE agency_key SET valid_until = now() - interval '1 hour' WHERE key_id = %s", key)
    try:
        check(world, (agent, desk), agent, match(agent, task), "KEY_NOT_VALID", ("expired at",), proved=False)
    finally:
        directory(world, "UPDATE agency_key SET valid_until = %s WHERE key_id = %s", until, key)


def test_a_message_under_a_revoked_key(world, agent, desk, task):
    key = wire.key_id(agent.identity.sign)
    directory(world, "UPDATE agency_key SET revoked_at = now() WHERE key_id = %s", key)
    try:
        check(world, (agent, desk), agent, match(agent, task), "KEY_NOT_VALID", ("revoked at",), proved=False)
    finally:
        directory(world, "UPDATE agency_key SET revoked_at = NULL WHERE key_id = %s", key)


# --- Misaddressed ------------------------------------------------------------------------------------------------------------------

def test_a_message_to_another_recipient(world, agent, desk, task):
    check(world, (agent, desk), agent, match(agent, task, change_header=changed(recipient=TAX)), "WRONG_RECIPIENT", (TAX,))


def test_an_answer_to_another_agencys_step(world, agent, desk, task):
    message = desk.answer(task, facts={"identity.result": "match"})
    check(world, (agent, desk), desk, message, "NOT_YOUR_STEP")


# --- Unentitled --------------------------------------------------------------------------------------------------------------------

def test_a_role_that_may_not(world, agent, desk, task):
    check(world, (agent, desk), agent, agent.submission(), "NOT_ENTITLED", ("no role",))
    check(world, (agent, desk), agent, agent.event(task.dossier, "dossier.withdraw"), "NOT_ENTITLED", ("dossier.withdraw",))
    retry = agent.make("COMMAND", task.dossier, type="dossier.abort", purpose=agent.purpose(), facts={"command.reason": "because"})
    check(world, (agent, desk), agent, retry, "NOT_ENTITLED", ("dossier.abort",))


def test_an_act_on_the_directory_by_who_is_no_security_officer(world, agent, desk):
    facts = {"procedure": PROCEDURE, "sender": "police", "type": "submission", "recipient": "router", "command.reason": "for myself"}
    purpose = envelope.Purpose(procedure="directory", officer="An")
    act = agent.make("COMMAND", "00000000-0000-8000-8000-000000000001", type="rights.grant", purpose=purpose, facts=facts)
    check(world, (agent, desk), agent, act, "NOT_ENTITLED", ("security-officer",))


def later(world, seconds):
    return world.one("router", "SELECT to_char(now() AT TIME ZONE 'UTC' + %s * interval '1 second', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", seconds)


def test_a_right_that_is_revoked_and_one_that_is_not_yet_in_force(world, agent, desk, security):
    """On one open session; the rights change under way, and each takes effect at the next message."""
    security.done("rights", "revoke", *SUBMISSION, "--reason", "an audit")
    check(world, (agent, desk), desk, desk.submission(), "NOT_ENTITLED", ("desk", "submission", "router", PROCEDURE, "since", "lt rights grant"))
    security.done("rights", "grant", *SUBMISSION, "--reason", "after the audit", "--from", later(world, 3600))
    check(world, (agent, desk), desk, desk.submission(), "NOT_ENTITLED", ("before", "lt rights grant"))
    security.done("rights", "grant", *SUBMISSION, "--reason", "for some seconds", "--until", later(world, 4))
    assert desk.exchange(desk.submission()).code in ("PART", "FACT")   # now it is looked at
    wait_until("the right ends", lambda: security.lt("rights", "check", *SUBMISSION).returncode == 1)
    check(world, (agent, desk), desk, desk.submission(), "NOT_ENTITLED", ("before",))   # told is what is to come
    security.done("rights", "grant", *SUBMISSION, "--reason", "again")
    assert desk.exchange(desk.submission()).code in ("PART", "FACT")


def test_a_right_that_never_was(world, agent, desk, security):
    world.rows("router", "INSERT INTO agency_role (role, agency) SELECT 'desk', agency FROM agency_code WHERE code = %s", POLICE)
    directory(world, "SELECT 1")
    security.done("rights", "revoke", "*", "desk", "submission", "router", "--reason", "nobody opens anything")
    check(world, (agent, desk), agent, agent.submission(), "NOT_ENTITLED", ("since",))
    security.done("rights", "grant", PROCEDURE, "desk", "submission", "router", "--reason", "but this")
    assert agent.exchange(agent.submission()).code in ("PART", "FACT")
    directory(world, "DELETE FROM agency_role WHERE role = 'desk' AND agency = (SELECT agency FROM agency_code WHERE code = %s)", POLICE)
    check(world, (agent, desk), agent, agent.submission(), "NOT_ENTITLED", ("no role",))


# --- Without purpose ---------------------------------------------------------------------------------------------------------------

def test_a_submission_without_purpose(world, agent, desk):
    check(world, (agent, desk), desk, desk.submission(change_header=no_purpose), "MALFORMED", ("purpose",), proved=False)
    nobody = envelope.Purpose(procedure=PROCEDURE)
    check(world, (agent, desk), desk, desk.submission(purpose=nobody), "MALFORMED", ("purpose.officer",), proved=False)
    other = envelope.Purpose(procedure="1.012783", officer="An")
    check(world, (agent, desk), desk, desk.submission(purpose=other), "PURPOSE", ("1.013831", "1.012783", "personal data"))


def test_what_was_right_all_along_is_taken(world, agent, task):
    """The honest answer still is: it was no part of all that which made the others fail."""
    assert agent.exchange(match(agent, task)).code == "ACKNOWLEDGED"
    asked = json.loads(Operator(world).done("queries", str(task.dossier), "--json"))
    assert {(q["asked"], q["type"], q["procedure"]) for q in asked} >= {(POLICE, "police.identity.check", PROCEDURE)}
    assert all(q["officer"] and q["reason"] and q["agency"] == "000.01.00.H58" for q in asked)
    assert task.header.purpose.officer == asked[0]["officer"] and task.header.purpose.reason
    world.check_invariants()
