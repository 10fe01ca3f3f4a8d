"""The examples in hexadecimal that stand in proto/README.md, made anew. `python3 examples.py --write` puts them there."""
import re
import sys

import wire

README = wire.ROOT / "proto/README.md"
BLOCK = re.compile(r"```hex ([a-z0-9.-]+)\n(.*?)```", re.S)
AGENCY = "000.01.01.H58"
HAPPENED_US = 1_800_000_000_000_000  # 2027-01-15T08:00:00Z
SESSION = bytes(range(0xa0, 0xb0))


def blocks():
    """name -> bytes, as README.md has them."""
    return {m[1]: bytes.fromhex("".join(m[2].split())) for m in BLOCK.finditer(README.read_text())}


def event_header(number):
    """The header of the event that message NUMBER of the example's batch is, and its part."""
    envelope, intake = wire.compiled("envelope"), wire.compiled("intake")
    content = intake.Withdrawal(reason="moved").SerializeToString()
    descriptor, part = wire.describe("withdrawal", "lienthong.v1.Withdrawal", content, bytes([0x5a]) * 16,
                                     ["land-registry"])
    header = envelope.Header(
        protocol=1, message_id=wire.uuid_v7(HAPPENED_US // 1000, number.to_bytes(10, "big")),
        dossier_id=wire.dossier_id(HAPPENED_US // 1000 - 86_400_000, AGENCY, "request-17"), sender=AGENCY,
        recipient="router", kind=envelope.MESSAGE_KIND_EVENT, type="dossier.withdraw", happened_us=HAPPENED_US,
        purpose=envelope.Purpose(procedure="1.013831", officer="An"), parts=[descriptor])
    header.facts.add(name="desk.decision").value.text = "withdrawn"
    return header.SerializeToString(), part


def receipt_header(delivery):
    envelope = wire.compiled("envelope")
    header = envelope.Header.FromString(delivery)
    return envelope.Header(
        protocol=1, message_id=wire.uuid_v7(HAPPENED_US // 1000 + 5, bytes(10)), dossier_id=header.dossier_id,
        sender=header.recipient, recipient="router", kind=envelope.MESSAGE_KIND_RECEIPT, type=header.type,
        step_id=header.step_id, reply_to=header.message_id, reply_digest=wire.sha256(delivery),
        happened_us=HAPPENED_US + 5000).SerializeToString()


def task_header():
    envelope = wire.compiled("envelope")
    dossier = wire.dossier_id(HAPPENED_US // 1000 - 86_400_000, AGENCY, "request-17")
    return envelope.Header(
        protocol=1, message_id=wire.uuid_v7(HAPPENED_US // 1000 + 1, bytes(10)), dossier_id=dossier, sender="router",
        recipient=AGENCY, kind=envelope.MESSAGE_KIND_TASK, type="land.conditions.check",
        step_id=wire.step_id(dossier, 3), happened_us=HAPPENED_US + 1000,
        purpose=envelope.Purpose(procedure="1.013831"), sequence=7,
        clock=envelope.StepClock(opened_us=HAPPENED_US + 1000)).SerializeToString()


def sealed(header, parts, signature):
    return wire.compiled("envelope").Envelope(header=header, parts=parts, signature=signature).SerializeToString()


def packet(sequence, **content):
    return wire.compiled("session").Packet(session=SESSION, sequence=sequence, **content).SerializeToString()


def session_proof():
    return wire.prove_session(wire.load_key("ed25519"), AGENCY, bytes([0x11]) * 32, bytes([0x22]) * 32, SESSION, HAPPENED_US)


def session_examples():
    statement = wire.session_statement(AGENCY, bytes([0x11]) * 32, bytes([0x22]) * 32, SESSION, HAPPENED_US)
    return {"session.pae": wire.pae(wire.SESSION_TYPE, statement), "session.signature.ed25519": session_proof()["signature"]}


def message_examples():
    key = wire.load_key("ed25519")
    header, part = event_header(1)
    signature = wire.sign_batch(key, [header])[0]
    return {
        "key-id.ed25519": wire.key_id(key),
        "key-id.p256": wire.key_id(wire.load_key("p256")),
        "part.content": part.content,
        "part.salt": part.salt,
        "part.digest": wire.sha256(part.content),
        "part.salted-digest": wire.sha256(part.salt, part.content),
        "event.header": header,
        "event.pae": wire.pae(wire.ENVELOPE_TYPE, header),
        "event.leaf": wire.leaf(header),
        "event.batch-pae": wire.pae(wire.BATCH_TYPE, wire.leaf(header)),
        "event.signature.ed25519": signature.value,
        "event.envelope": sealed(header, [part], signature),
        "event.digest": wire.sha256(header),
        "task.header": task_header(),
        "receipt.header": receipt_header(task_header()),
        "task.leaf": wire.sha256(b"\0", wire.pae(wire.ENVELOPE_TYPE, task_header())),
        "receipt.leaf": wire.sha256(b"\0", wire.pae(wire.RECEIPT_TYPE, receipt_header(task_header()))),
    }


def batch_examples():
    headers = [event_header(n)[0] for n in (1, 2, 3)]
    leaves = [wire.leaf(h) for h in headers]
    return {
        "batch.leaf-0": leaves[0],
        "batch.leaf-1": leaves[1],
        "batch.leaf-2": leaves[2],
        "batch.node": wire.node(leaves[0], leaves[1]),
        "batch.root": wire.root(leaves),
        "batch.signature.ed25519": wire.sign_batch(wire.load_key("ed25519"), headers)[0].value,
        "batch.path-1": b"".join(wire.path(leaves, 1)),
        "batch.path-2": b"".join(wire.path(leaves, 2)),
    }


def packet_examples(envelope):
    session = wire.compiled("session")
    message_id = wire.compiled("envelope").Header.FromString(event_header(1)[0]).message_id
    return {
        "packet.hello": packet(1, hello=session.Hello(protocol_min=1, protocol_max=1, agency=AGENCY,
                                                      software="example 1.0",
                                                      credit=session.Credit(messages=64, bytes=4 << 20),
                                                      **session_proof())),
        "packet.welcome": packet(1, welcome=session.Welcome(protocol=1, router="router-1", now_us=HAPPENED_US,
                                                            packet_size_max=(1 << 20) + 4096, idle_ms_max=30000,
                                                            credit=session.Credit(messages=4, bytes=2 << 20))),
        "packet.submit": packet(2, submit=session.Submit(envelope=envelope)),
        "packet.acknowledge": packet(2, acknowledge=session.Acknowledge(message_ids=[message_id])),
        "packet.credit": packet(3, credit=session.Credit(messages=5, bytes=(2 << 20) + len(envelope))),
        "packet.refuse": packet(4, refuse=session.Refuse(message_id=message_id, code=session.REFUSAL_CODE_OVERLOADED,
                                                         text="busy", retryable=True, retry_after_ms=2000)),
        "packet.refuse-unreadable": packet(5, refuse=session.Refuse(code=session.REFUSAL_CODE_MALFORMED, text="not an envelope", sequence=2)),
    }


def reproduced():
    """name -> bytes of every example that has one right value."""
    result = {**message_examples(), **batch_examples(), **session_examples()}
    return {**result, **packet_examples(result["event.envelope"])}


def p256_signature():
    """ECDSA is random: the one in README.md is kept as long as it verifies."""
    key, message = wire.load_key("p256"), message_examples()["event.batch-pae"]
    present = blocks().get("event.signature.p256", b"")
    return present if wire.matches(key.public_key(), present, message) else wire.sign(key, message)


def written(text):
    values = {**reproduced(), "event.signature.p256": p256_signature()}

    def block(match):
        lines = re.findall(".{1,96}", values[match[1]].hex())
        return "```hex {}\n{}\n```".format(match[1], "\n".join(lines))
    return BLOCK.sub(block, text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        README.write_text(written(README.read_text()))
    else:
        sys.exit(__doc__)
