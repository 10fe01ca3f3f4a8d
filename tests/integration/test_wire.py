"""What a router must refuse, said over the real wire by an agency of our own (agent.py): each with its code, a text that names the
cause, a record, and nothing else changed; and the same agency works on afterwards."""
import os
import pathlib
import signal
import time
import uuid

import pytest
import zmq
from agent import ENVELOPE_SIZE_MAX, PACKET_SIZE_MAX, Agent, Identity, envelope, kind, session, wire
from cryptography.hazmat.primitives.asymmetric import ec

from world import World, application, wait_until

police = wire.compiled("police")
WINDOW = 8
BOOKKEEPING = ("batch",)     # one row for each transaction, whatever it holds; pruned after an hour
# What an event that only opens an incident writes: itself, its block, the incident, and the dossier's row that counts both.
RECORD = tuple(t + more for t in ("event", "incident", "dossier") for more in ("", "_all")) + ("block",)
MEMORY = ("message", "message_all")   # final refusals of proved messages are remembered for ever (design decision 7)
SECOND_US, HOUR_US = 1_000_000, 3_600_000_000


@pytest.fixture(scope="module")
def world():
    """One router with a small window. Police speaks through the agent, never through its service."""
    made = World("--parcels", "60", "--without", "police", environment={"LT_ROUTER_EXTRA": f"session: {{messages: {WINDOW}}}"})
    yield made
    made.close()


@pytest.fixture(scope="module")
def agent(world):
    """The honest agent: police, connected for the whole module."""
    with Agent(world, "police") as honest:
        yield honest


@pytest.fixture(scope="module")
def desk(world):
    """A second process of the desk's agency; without credit it is given no deliveries."""
    with Agent(world, "intake", credit=(0, 4 << 20)) as second:
        yield second


@pytest.fixture(scope="module")
def task(world, agent):
    """An identity check that is delivered, receipted and open."""
    d = world.submit()
    delivery = agent.delivery("police.identity.check", d.id)
    settle(world, agent)
    return delivery


@pytest.fixture(autouse=True)
def quiet(world, agent):
    settle(world, agent)


def settle(world, agent):
    """Until nothing is under way any more: what was delivered is received, and the router's tables stand still."""
    if agent.ended:
        agent.connect()
    last, waiting = [None], []

    def still():
        agent.pump(0.02)
        waiting[:] = world.rows("router", "SELECT dossier, type, agency, attempts, next_at FROM outbox WHERE state = 'waiting'")
        before, last[0] = last[0], world.digest(*BOOKKEEPING)
        return not waiting and before == last[0]
    try:
        wait_until("the router stands still", still, pause=0.15)
    except AssertionError as error:
        raise AssertionError(f"{error}; waiting: {waiting}") from error


def result(outcome="MATCH"):
    answer = police.IdentityAnswer(request_id="r", outcome=police.IdentityOutcome.Value(f"IDENTITY_OUTCOME_{outcome}"))
    return ("identity-result", police.IdentityResult(answers=[answer]), ("desk",))


def match(agent, task, **more):
    """The answer that police would give."""
    return agent.answer(task, **{"parts": [result()], "facts": {"identity.result": "match"}, **more})


def counted(world, code, origin="000.04.00.G01"):
    """(how often, last text) of refusals of what was not proved."""
    rows = world.rows("router", "SELECT sum(count)::bigint, max(last_text) FROM refusal_count WHERE code = %s AND origin = %s", number(code), origin)
    return (rows[0][0] or 0, rows[0][1] or "")


def number(code):
    return session.RefusalCode.Value(f"REFUSAL_CODE_{code}")


def message_row(world, message):
    return world.rows("router", "SELECT code, text FROM message WHERE message_id = %s", str(uuid.UUID(bytes=message.id)))


def refusal_rows(world, message):
    return world.rows("router", "SELECT code, text FROM refusal WHERE message_id = %s", str(uuid.UUID(bytes=message.id)))


def works(agent, task):
    """The honest agent's receipt is acknowledged again."""
    assert agent.exchange(agent.seen[task.id][1]).code == "ACKNOWLEDGED"


# --- Messages that are proved to be the agency's: recorded one by one, final ones remembered --------------------------------------

def header_change(**fields):
    def change(header):
        for name, value in fields.items():
            setattr(header, name, value)
    return change


def others_step(agent, task):
    """The step that was opened beside police's: the repository's."""
    steps = [wire.step_id(task.header.dossier_id, position) for position in (1, 2)]
    return next(s for s in steps if s != task.header.step_id)


def expired(agent, task):
    now = agent.now_us()
    return match(agent, task, change_header=header_change(happened_us=now - 10 * SECOND_US, expires_us=now - SECOND_US))


PROVED = {
    "an answer that replies to no delivery": (
        lambda a, t: match(a, t, reply_to=wire.uuid_v7(int(time.time() * 1000), os.urandom(10))), "STEP_NOT_DELIVERED", "reply_to"),
    "an answer with another digest of the delivery": (
        lambda a, t: match(a, t, reply_digest=wire.sha256(b"another")), "STEP_NOT_DELIVERED", "reply_digest"),
    "an answer to another agency's step": (
        lambda a, t: match(a, t, step_id=others_step(a, t)), "NOT_YOUR_STEP", "another agency"),
    "an answer to a step that was never opened": (
        lambda a, t: match(a, t, step_id=wire.step_id(t.header.dossier_id, 900)), "UNKNOWN_STEP", "never opened"),
    "a cancelled that nobody asked for": (
        lambda a, t: a.reply("CANCELLED", t), "UNEXPECTED", "nobody asked"),
    "another recipient than the router": (
        lambda a, t: match(a, t, change_header=header_change(recipient="000.03.00.G12")), "WRONG_RECIPIENT", "000.03.00.G12"),
    "a message that has expired": (expired, "EXPIRED", "expired at"),
    "an event that is for another role to send": (
        lambda a, t: a.event(t.dossier, "land.resumed"), "NOT_ENTITLED", "land.resumed"),
    "a command without an operator's right": (
        lambda a, t: a.make("COMMAND", t.dossier, type="dossier.abort", purpose=a.purpose()), "NOT_ENTITLED", "dossier.abort"),
    "a message to a dossier that is not there": (
        lambda a, t: a.event(uuid.UUID(bytes=wire.dossier_id(int(time.time() * 1000), a.code, "never")), "supplement"),
        "UNKNOWN_DOSSIER", "no such dossier"),
    "a submission by an agency that may not open dossiers": (
        lambda a, t: a.submission(facts={"district": "815"}), "NOT_ENTITLED", "submission"),
    "a submission to a procedure that nobody deployed": (
        lambda a, t: a.submission(procedure="9.999999"), "UNKNOWN_PROCEDURE", "9.999999"),
}

# Answers to an agency's own open step that cannot be: refused and remembered, and besides an incident that names the owner, for the
# agency believes that it has answered.
IMPOSSIBLE = {
    "a fact that the procedure does not declare": (lambda a, t: match(a, t, facts={"identity.result": "match", "identity.colour": "blue"}), "FACT", "identity.colour"),
    "a fact of another role": (lambda a, t: match(a, t, facts={"identity.result": "match", "decision": "accept"}), "FACT", "decision"),
    "a fact of the engine": (lambda a, t: match(a, t, facts={"identity.result": "match", "dossier.status": 9}), "FACT", "dossier.status"),
    "a fact of another type": (lambda a, t: match(a, t, facts={"identity.result": True}), "FACT", "identity.result"),
    "a fact with a value that is not allowed": (lambda a, t: match(a, t, facts={"identity.result": "perhaps"}), "FACT", "perhaps"),
    "a part that is missing": (lambda a, t: match(a, t, parts=[]), "PART", "identity-result"),
    "a part that the step does not return": (lambda a, t: match(a, t, parts=[result(), ("certificate", police.IdentityResult(), ())]), "PART", "certificate"),
    "a part that came open": (lambda a, t: match(a, t, seal=False), "PART", "identity-result"),
    "a part of another type": (lambda a, t: match(a, t, parts=[("identity-result", police.IdentityQuery(), ("desk",))]), "PART", "IdentityQuery"),
    "a business error that the definition does not know": (lambda a, t: match(a, t, error="weather"), "UNEXPECTED", "weather"),
}


STEPS_INCIDENTS = ("SELECT i.cause, a.code, i.closed_at IS NULL FROM incident i JOIN agency_code a ON a.agency = i.agency"
                   " WHERE i.step = %s")


def refused_for_ever(world, agent, message, code, words):
    """Refused, recorded once, and remembered: the same refusal again, without a second record."""
    messages = world.one("router", "SELECT count(*) FROM message")
    fate = agent.exchange(message)
    assert fate.code == code and not fate.retryable, fate
    assert words in fate.text, fate
    assert refusal_rows(world, message) == [(number(code), fate.text)]
    again = agent.exchange(message)
    assert (again.code, again.text) == (fate.code, fate.text)
    assert refusal_rows(world, message) == message_row(world, message) == [(number(code), fate.text)]
    assert world.one("router", "SELECT count(*) FROM message") == messages + 1


@pytest.mark.parametrize("name", PROVED)
def test_refuses_and_remembers(world, agent, task, name):
    make, code, words = PROVED[name]
    message = make(agent, task)
    before = world.digest(*MEMORY, *BOOKKEEPING)
    refused_for_ever(world, agent, message, code, words)
    assert world.digest(*MEMORY, *BOOKKEEPING) == before
    works(agent, task)


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_impossible_answer_is_an_incident_of_its_step(world, agent, task, name):
    make, code, words = IMPOSSIBLE[name]
    message = make(agent, task)
    step = str(uuid.UUID(bytes=task.header.step_id))
    opened = world.rows("router", STEPS_INCIDENTS, step)
    before = world.digest(*MEMORY, *BOOKKEEPING, *RECORD)
    refused_for_ever(world, agent, message, code, words)
    incidents = world.rows("router", STEPS_INCIDENTS, step)
    assert len(incidents) == 1 and incidents[0][1:] == (agent.code, True), incidents   # one for the step, however often it is wrong
    assert opened == incidents or words in incidents[0][0]
    assert world.digest(*MEMORY, *BOOKKEEPING, *RECORD) == before              # nothing is delivered, armed or taken over
    works(agent, task)


def test_an_event_that_nobody_waits_for_now(world, agent, desk, task):
    message = desk.event(task.dossier, "supplement")
    before = world.digest(*MEMORY, *BOOKKEEPING)
    fate = desk.exchange(message)
    assert (fate.code, fate.retryable) == ("UNEXPECTED", False) and "supplement" in fate.text, fate
    assert refusal_rows(world, message) == [(number("UNEXPECTED"), fate.text)]
    assert world.digest(*MEMORY, *BOOKKEEPING) == before
    desk.alive()


def test_a_clock_that_is_ahead_may_send_the_same_bytes_later(world, agent, task):
    message = match(agent, task, change_header=header_change(happened_us=agent.now_us() + HOUR_US))
    before = world.digest(*BOOKKEEPING)
    fate = agent.exchange(message)
    assert fate.code == "CLOCK_SKEW" and fate.retryable and "clock" in fate.text, fate
    assert [c for c, _ in refusal_rows(world, message)] == [number("CLOCK_SKEW")]
    assert world.digest(*BOOKKEEPING) == before      # not even remembered: it may be right later
    works(agent, task)


def test_the_same_id_with_other_content(world, agent, task):
    first = agent.seen[task.id][1]       # the receipt, committed long ago
    assert agent.exchange(first).code == "ACKNOWLEDGED"
    before = world.digest(*BOOKKEEPING)
    other = agent.reply("RECEIPT", task, change_header=header_change(message_id=first.id))
    fate = agent.exchange(other)
    assert fate.code == "ID_REUSED" and not fate.retryable and "id" in fate.text, fate
    assert [c for c, _ in refusal_rows(world, first)] == [number("ID_REUSED")]
    assert world.digest(*BOOKKEEPING) == before
    assert agent.exchange(first).code == "ACKNOWLEDGED"


def test_the_same_message_is_acknowledged_again_and_has_one_effect(world, agent):
    d = world.submit()
    task = agent.delivery("police.identity.check", d.id)
    message = match(agent, task)
    assert [agent.exchange(message).code for _ in range(3)] == ["ACKNOWLEDGED"] * 3
    d.task("desk.accept")
    assert world.one("router", "SELECT count(*) FROM event WHERE message_id = %s", str(uuid.UUID(bytes=message.id))) == 1


def test_an_answer_to_a_closed_step(world, agent, task):
    d = world.submit()
    mine = agent.delivery("police.identity.check", d.id)
    assert agent.exchange(match(agent, mine)).code == "ACKNOWLEDGED"
    d.task("desk.accept")
    settle(world, agent)
    before = world.digest(*MEMORY, *BOOKKEEPING)
    late = match(agent, mine, parts=[result("DIFFERS")], facts={"identity.result": "differs"})
    fate = agent.exchange(late)
    assert fate.code == "STEP_CLOSED" and "answered before" in fate.text, fate
    assert refusal_rows(world, late) == message_row(world, late) == [(number("STEP_CLOSED"), fate.text)]
    assert world.digest(*MEMORY, *BOOKKEEPING) == before
    works(agent, task)


def test_an_answer_to_a_step_that_was_not_delivered(world, agent, task):
    """An agency that guesses its step's id before the step was delivered to it."""
    agent.close()
    try:
        with Agent(world, "police", credit=(0, 4 << 20)) as guesser:
            d = world.submit()
            wait_until("the step is opened", lambda: world.rows(
                "router", "SELECT step FROM outbox WHERE dossier = %s AND type = 'police.identity.check'", d.id))
            step = world.one("router", "SELECT step FROM outbox WHERE dossier = %s AND type = 'police.identity.check'", d.id)
            wait_until("the others have theirs", lambda: world.one("router", "SELECT count(*) FROM outbox WHERE state = 'waiting'") == 1)
            time.sleep(0.5)
            before = world.digest(*MEMORY, *BOOKKEEPING)
            message = guesser.make("ANSWER", d.id, type="police.identity.check", step_id=uuid.UUID(step).bytes,
                                   reply_to=wire.uuid_v7(int(time.time() * 1000), os.urandom(10)), reply_digest=bytes(32),
                                   purpose=guesser.purpose(), parts=[result()], facts={"identity.result": "match"})
            fate = guesser.exchange(message)
            assert fate.code == "STEP_NOT_DELIVERED" and "reply_to" in fate.text, fate
            assert refusal_rows(world, message) == message_row(world, message) == [(number("STEP_NOT_DELIVERED"), fate.text)]
            assert world.digest(*MEMORY, *BOOKKEEPING) == before
    finally:
        agent.connect()
    delivery = agent.delivery("police.identity.check", d.id)
    assert agent.exchange(match(agent, delivery)).code == "ACKNOWLEDGED"
    d.task("desk.accept")
    works(agent, task)


def test_a_submission_again_with_other_content(world, agent, desk):
    key = uuid.uuid4().hex
    first = world.try_submit(application(world.next_parcel()), key)
    assert first.status == 201
    settle(world, agent)
    before = world.digest(*MEMORY, *BOOKKEEPING)
    again = desk.submission(key=key, facts={"district": "815"})
    fate = desk.exchange(again)
    assert fate.code == "KEY_REUSED" and key in fate.text, fate
    assert [c for c, _ in refusal_rows(world, again)] == [number("KEY_REUSED")]
    assert world.digest(*MEMORY, *BOOKKEEPING) == before
    desk.alive()


# --- Bytes that prove nothing: counted by cause, never remembered -----------------------------------------------------------------

def raw(agent, task, change):
    """The right answer's header with its bytes changed by CHANGE, then signed."""
    whole = match(agent, task)
    made = envelope.Envelope.FromString(whole.bytes)
    return agent.signed(whole.header, change(made.header), made.parts).bytes


def without(data, old, new):
    assert data.count(old) == 1 and len(old) == len(new)
    return data.replace(old, new)


def nested(agent, task):
    return b"\x0b" * 30_000 + b"\x0c" * 30_000     # field 1 as a group in a group in a group …


def other_key(agent, task):
    return match(agent, task, sign=ec.generate_private_key(ec.SECP256R1())).bytes


def swapped_content(made):
    made.parts[0].content = made.parts[0].content[:-1] + bytes([made.parts[0].content[-1] ^ 1])


def as_tax(agent, task):
    """Tax's own key and name, brought by police."""
    return match(agent, task, change_header=header_change(sender="000.03.00.G12"), sign=Identity(agent.world, "tax").sign).bytes


UNPROVED = {
    "bytes that are no protobuf": (lambda a, t: b"\xff" * 100, "MALFORMED", "Envelope"),
    "an empty envelope": (lambda a, t: b"", "MALFORMED", ""),
    "an envelope that is cut off": (lambda a, t: match(a, t).bytes[:-10], "MALFORMED", "passes the end"),
    "groups nested thirty thousand deep": (nested, "MALFORMED", "groups are not allowed"),
    "a NUL in a text": (lambda a, t: raw(a, t, lambda h: without(h, b"police.identity.check", b"police\0identity.check")), "MALFORMED", "type"),
    "invalid UTF-8": (lambda a, t: raw(a, t, lambda h: without(h, b"police.identity.check", b"police\xc0\xafdentity.check")), "MALFORMED", "type"),
    "a header that stands twice": (
        lambda a, t: match(a, t).bytes + b"\x0a\x02\x08\x01", "MALFORMED", "twice"),
    "no signature": (lambda a, t: match(a, t, change_envelope=lambda e: e.ClearField("signature")).bytes, "MALFORMED", "no signature"),
    "a kind that an agency does not send": (
        lambda a, t: match(a, t, change_header=header_change(kind=kind("TASK"))).bytes, "MALFORMED", "TASK"),
    "a header without purpose": (
        lambda a, t: match(a, t, change_header=lambda h: h.ClearField("purpose")).bytes, "MALFORMED", "purpose"),
    "another protocol": (lambda a, t: match(a, t, change_header=header_change(protocol=2)).bytes, "MALFORMED", "protocol 2"),
    "an envelope beyond a mebibyte": (
        lambda a, t: match(a, t).bytes + b"\x7a" + varint(ENVELOPE_SIZE_MAX) + bytes(ENVELOPE_SIZE_MAX), "TOO_LARGE", "limit 1048576"),
    "a header beyond its size": (
        lambda a, t: raw(a, t, lambda h: h + b"\xfa\x01" + varint(140_000) + bytes(140_000)), "TOO_LARGE", "131072"),
    "a signature that does not hold": (
        lambda a, t: match(a, t, sign=a.identity.sign, change_envelope=lambda e: e.signature.CopyFrom(
            wire.sign_batch(a.identity.sign, [e.header + b"x"])[0])).bytes, "SIGNATURE", "signature"),
    "a header that was changed after it was signed": (
        lambda a, t: match(a, t, change_envelope=lambda e: setattr(
            e, "header", without(e.header, b"match", b"maTch"))).bytes, "SIGNATURE", "signature"),
    "a key that no agency has": (other_key, "UNKNOWN_KEY", "lt agencies"),
    "the name of another agency": (
        lambda a, t: match(a, t, change_header=header_change(sender="000.03.00.G12")).bytes, "WRONG_SENDER", "000.03.00.G12"),
    "another agency's signed message": (as_tax, "WRONG_SENDER", "another agency's connection"),
    "a part with another content than its digest": (
        lambda a, t: match(a, t, change_envelope=swapped_content).bytes, "PART", "identity-result"),
    "a part without descriptor": (
        lambda a, t: match(a, t, change_envelope=lambda e: e.parts.add(content=b"x", salt=bytes(16))).bytes, "PART", "2 parts"),
    "a fact that stands twice": (
        lambda a, t: match(a, t, change_header=lambda h: h.facts.append(h.facts[0])).bytes, "FACT", "identity.result"),
}


def varint(value):
    data = bytearray()
    while value > 0x7f:
        data.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(data + bytes([value]))


@pytest.mark.parametrize("name", UNPROVED)
def test_refuses_and_counts(world, agent, task, name):
    make, code, words = UNPROVED[name]
    data = make(agent, task)
    before, (count, _) = world.digest(*BOOKKEEPING), counted(world, code)
    fate = agent.exchange(data)
    assert fate.code == code and not fate.retryable and not fate.session_ended, fate
    assert words in fate.text, fate
    named = agent.refusals[-1]
    assert (named.message_id == b"") == (named.sequence > 0), "neither message nor packet is named"
    wait_until("the refusal is counted", lambda: counted(world, code)[0] == count + 1)
    assert world.rows("router", "SELECT last_text FROM refusal_count WHERE code = %s AND origin = %s ORDER BY last_at DESC LIMIT 1",
                      number(code), agent.code) == [(fate.text,)]
    assert world.digest(*BOOKKEEPING) == before
    works(agent, task)


# --- Packets that end the session --------------------------------------------------------------------------------------------------

def second_hello(rude):
    rude.hello()


def gap(rude):
    rude.send(sequence=rude.sent + 2, ping=session.Ping(nonce=1))


def repeated(rude):
    rude.send(sequence=rude.sent, ping=session.Ping(nonce=1))


def other_session(rude):
    rude.send(session_id=os.urandom(16), ping=session.Ping(nonce=1))


def several_frames(rude):
    rude.socket.send_multipart([rude.packet(ping=session.Ping(nonce=1)), b"and more"])


def no_packet(rude):
    rude.socket.send(b"\xff\xff\xff")


def routers_packet(rude):
    rude.send(welcome=session.Welcome(protocol=1))


def short_session(rude):
    rude.send(session_id=b"short", ping=session.Ping(nonce=1))


def nested_packet(rude):
    rude.socket.send(b"\x0b" * 50_000)


ENDING = {
    "a second hello": (second_hello, "PROTOCOL", "second hello"),
    "a gap in the sequence": (gap, "SEQUENCE", "missing or repeated"),
    "a repeated sequence": (repeated, "SEQUENCE", "missing or repeated"),
    "a packet of another session": (other_session, "PROTOCOL", "another session"),
    "a message of several frames": (several_frames, "PROTOCOL", "several frames"),
    "a frame that is no packet": (no_packet, "MALFORMED", "Packet"),
    "a packet with nested groups": (nested_packet, "MALFORMED", "groups"),
    "a session id that is too short": (short_session, "MALFORMED", "not 16"),
    "a packet that only routers send": (routers_packet, "PROTOCOL", "does not send"),
}


@pytest.mark.parametrize("name", ENDING)
def test_ends_the_session(world, agent, task, name):
    do, code, words = ENDING[name]
    with Agent(world, "police", credit=(0, 4 << 20)) as rude:
        rude.alive()
        before, (count, _) = world.digest(*BOOKKEEPING), counted(world, code)
        do(rude)
        fate = rude.farewell()
        assert fate.code == code and fate.session_ended and words in fate.text, fate
        wait_until("the violation is counted", lambda: counted(world, code)[0] == count + 1)
        assert world.digest(*BOOKKEEPING) == before
        rude.connect()                   # an honest session of the same agency
        rude.alive()
    agent.alive()
    works(agent, task)


@pytest.mark.parametrize("name,hello,code,words", [
    ("no common version", dict(protocol_min=2, protocol_max=9), "PROTOCOL", "version"),
    ("no agency", dict(agency=""), "PROTOCOL", "agency"),
    ("another agency's name", dict(agency="000.03.00.G12"), "WRONG_SENDER", "CURVE key"),
    ("an agency that nobody knows", dict(agency="999.99.99.Z99"), "WRONG_SENDER", "CURVE key"),
])
def test_a_hello_that_is_not_welcome(world, agent, task, name, hello, code, words):
    before = world.digest(*BOOKKEEPING)
    count, _ = counted(world, code)
    with Agent(world, "police", hello=False) as rude:
        rude.hello(**hello)
        fate = rude.farewell()
        assert fate.code == code and fate.session_ended and words in fate.text and not rude.welcome, fate
    wait_until("it is counted", lambda: counted(world, code)[0] == count + 1)
    assert world.digest(*BOOKKEEPING) == before
    agent.alive()
    works(agent, task)


def test_a_packet_before_hello(world, agent, task):
    count, _ = counted(world, "PROTOCOL")
    with Agent(world, "police", hello=False) as rude:
        rude.send(ping=session.Ping(nonce=1))
        fate = rude.farewell()
        assert fate.code == "PROTOCOL" and "hello first" in fate.text, fate
    wait_until("it is counted", lambda: counted(world, "PROTOCOL")[0] == count + 1)
    works(agent, task)


def test_more_than_the_credit(world, agent, task):
    """While the router is held still, so that it cannot raise the credit meanwhile."""
    receipt = agent.seen[task.id][1]
    pid = int(pathlib.Path(world.folder, "run", "router-1.pid").read_text())
    with Agent(world, "police", credit=(0, 4 << 20)) as rude:
        rude.alive()
        assert rude.limit[0] == WINDOW
        before, (count, _) = world.digest(*BOOKKEEPING), counted(world, "CREDIT")
        os.kill(pid, signal.SIGSTOP)
        try:
            for _ in range(WINDOW + 1):
                rude.send_envelope(receipt.bytes)
            time.sleep(0.5)
        finally:
            os.kill(pid, signal.SIGCONT)
        fate = rude.farewell()
        assert fate.code == "CREDIT" and fate.session_ended and "credit" in fate.text, fate
        wait_until("it is counted", lambda: counted(world, "CREDIT")[0] == count + 1)
        assert world.digest(*BOOKKEEPING) == before
        rude.connect()
        for _ in range(3 * WINDOW):      # within the credit it goes on and on
            assert rude.exchange(receipt).code == "ACKNOWLEDGED"
    works(agent, task)


def test_a_frame_that_is_too_large_for_the_wire(world, agent, task):
    """ZeroMQ itself cuts the connection; nothing of the frame is kept, and the router serves the others on."""
    before = world.digest(*BOOKKEEPING)
    with Agent(world, "police", credit=(0, 4 << 20)) as rude:
        rude.alive()
        rude.socket.send(bytes(PACKET_SIZE_MAX + 1))
        fate = rude.farewell()
        assert fate.code == "DISCONNECTED", fate
        agent.alive()
        works(agent, task)
        rude.connect()
        rude.alive()
    assert world.digest(*BOOKKEEPING) == before


def strangers(world):
    return counted(world, "UNKNOWN_KEY", "")[0]


def test_a_curve_key_that_nobody_knows(world, agent, task):
    stranger = Identity(world, "police")
    stranger.curve_public, stranger.curve_secret = zmq.curve_keypair()
    before, count = world.digest(*BOOKKEEPING), strangers(world)
    with Agent(world, "police", identity=stranger, hello=False) as rude:
        rude.wait("the handshake fails", lambda: rude.never_began)
        assert not rude.welcome
    wait_until("the stranger is counted", lambda: strangers(world) > count)
    assert "CURVE" in counted(world, "UNKNOWN_KEY", "")[1]
    assert world.digest(*BOOKKEEPING) == before
    works(agent, task)


def test_no_curve_at_all(world, agent, task):
    before = world.digest(*BOOKKEEPING)
    with Agent(world, "police", curve=False, hello=False) as rude:
        rude.wait("the handshake fails", lambda: rude.never_began or rude.ended)
        assert not rude.welcome
    assert world.digest(*BOOKKEEPING) == before
    works(agent, task)


def test_a_flood_of_refused_messages_leaves_few_rows(world, agent, task):
    data = other_key(agent, task)
    rows, (count, _) = world.one("router", "SELECT count(*) FROM refusal_count"), counted(world, "UNKNOWN_KEY")
    for _ in range(200):
        assert agent.exchange(data).code == "UNKNOWN_KEY"
    wait_until("all are counted", lambda: counted(world, "UNKNOWN_KEY")[0] == count + 200)
    assert world.one("router", "SELECT count(*) FROM refusal_count") <= rows + 2      # the hour may change meanwhile
    works(agent, task)


def test_a_batch_of_messages_under_one_signature(world, agent, task):
    """Several messages share one value; each stands or falls alone."""
    whole = [match(agent, task, facts={"identity.result": f"no-{i}"}) for i in range(5)]
    headers = [envelope.Envelope.FromString(m.bytes) for m in whole]
    signatures = wire.sign_batch(agent.identity.sign, [e.header for e in headers])
    for message, made, signature in zip(whole, headers, signatures):
        made.signature.CopyFrom(signature)
        fate = agent.exchange(made.SerializeToString(), message.id)
        assert fate.code == "FACT", fate                                              # verified, then refused for its value
    headers[0].signature.CopyFrom(signatures[1])
    assert agent.exchange(headers[0].SerializeToString(), whole[0].id).code == "SIGNATURE"
    works(agent, task)


def test_after_all_this_the_dossier_goes_its_way(world, agent, task):
    """The step that all the wrong answers were for takes the right one, and the desk gets its turn."""
    assert agent.exchange(match(agent, task)).code == "ACKNOWLEDGED"
    wait_until("the desk has it", lambda: world.one(
        "router", "SELECT count(*) FROM outbox WHERE dossier = %s AND type = 'desk.accept'", str(task.dossier)) == 1)
    assert world.one("router", "SELECT count(*) FROM event WHERE dossier = %s AND kind = 2 AND type = 'police.identity.check'",
                     str(task.dossier)) == 1
