"""What C makes Python reads, and the other way round; what one end must refuse, the other can make."""
import os
import pathlib
import subprocess

import examples
import pytest
import wire
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

TOOL = os.environ.get("LT_ENVELOPE_TOOL") or pathlib.Path(os.environ["LT_BUILD"]) / "tests/envelope_tool"
AGENCY = examples.AGENCY
KEYS = {"ed25519": lambda: wire.load_key("ed25519"), "p256": lambda: wire.load_key("p256"),
        "rsa2048": lambda: rsa.generate_private_key(65537, 2048), "rsa3072": lambda: rsa.generate_private_key(65537, 3072)}


class Signer:
    """A key with the two files that the tool wants."""

    def __init__(self, folder, name, key, agency=AGENCY):
        self.key, self.agency = key, agency
        self.key_file, self.certificate_file = folder / f"{name}.key", folder / f"{name}.pem"
        self.key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                    serialization.NoEncryption()))
        self.certificate_file.write_bytes(wire.certificate_of(key, agency))


@pytest.fixture(scope="module", params=sorted(KEYS))
def signer(request, tmp_path_factory):
    return Signer(tmp_path_factory.mktemp("keys"), request.param, KEYS[request.param]())


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return Signer(tmp_path_factory.mktemp("plain"), "ed25519", wire.load_key("ed25519"))


def tool(*arguments, data=b""):
    done = subprocess.run([str(TOOL), *map(str, arguments)], input=data, capture_output=True, timeout=30)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, done.stdout.decode()


def said(text, name):
    return [line.split(" ", 1)[1] for line in text.splitlines() if line.split(" ", 1)[0] == name]


def event(signer, change_header=None, change_envelope=None, count=1, index=0):
    """An event made in Python, changed before and after it was signed."""
    module = wire.compiled("envelope")
    headers, parts = [], []
    for number in range(count):
        data, part = examples.event_header(number + 1)
        header = module.Header.FromString(data)
        if change_header and number == index:
            change_header(header)
        headers.append(header.SerializeToString())
        parts.append(part)
    signatures = wire.sign_batch(signer.key, headers)
    envelope = module.Envelope(header=headers[index], parts=[parts[index]], signature=signatures[index])
    if change_envelope:
        change_envelope(envelope)
    return envelope.SerializeToString()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 256])
def test_c_makes_and_python_verifies(signer, count):
    status, text = tool("make", signer.key_file, AGENCY, count)
    assert status == 0, text
    lines = text.split()
    assert len(lines) == count
    public = signer.key.public_key()
    for number, line in enumerate(lines):
        envelope = wire.compiled("envelope").Envelope.FromString(bytes.fromhex(line))
        header = wire.compiled("envelope").Header.FromString(envelope.header)
        assert wire.signature_holds(public, envelope.header, envelope.signature)
        assert not wire.signature_holds(public, envelope.header + b"\0", envelope.signature)
        assert (envelope.signature.leaf_index, envelope.signature.leaf_count) == (number, count)
        assert header.message_id == wire.uuid_v7(1_800_000_000_000, bytes([number]) + bytes(9))
        assert header.dossier_id == wire.dossier_id(1_800_000_000_000, AGENCY, "conformance")
        assert header.facts[0].value.decimal == "-12.50"
        assert envelope.parts[0].content == b"content of event %d" % number
        for descriptor, part in zip(header.parts, envelope.parts, strict=True):
            assert descriptor.digest == wire.sha256(part.content)
            assert descriptor.salted_digest == wire.sha256(part.salt, part.content)
            assert descriptor.size == len(part.content)


@pytest.mark.parametrize("count,index", [(1, 0), (2, 1), (3, 2), (5, 4), (256, 200)])
def test_python_makes_and_c_verifies(signer, count, index):
    data = event(signer, count=count, index=index)
    status, text = tool("read", signer.certificate_file, data=data)
    assert status == 0, text
    header, part = examples.event_header(index + 1)
    assert said(text, "header") == [header.hex()]
    assert said(text, "digest") == [wire.sha256(header).hex()]
    assert said(text, "part") == [f"withdrawal {part.content.hex()}"]
    assert said(text, "sender") == [AGENCY]


def test_the_example_of_the_readme(plain):
    status, text = tool("read", plain.certificate_file, data=examples.blocks()["event.envelope"])
    assert status == 0, text


def test_part_carried_on_keeps_its_authors_proof(signer, tmp_path):
    router = Signer(tmp_path, "router", ec.generate_private_key(ec.SECP256R1()), "router")
    origin = event(signer, count=5, index=3)
    status, text = tool("carry", router.key_file, data=origin)
    assert status == 0, text
    carried = bytes.fromhex(text)
    task = wire.compiled("envelope").Envelope.FromString(carried)
    assert wire.signature_holds(router.key.public_key(), task.header, task.signature)
    author = task.parts[0].author
    assert author.header == wire.compiled("envelope").Envelope.FromString(origin).header
    assert wire.signature_holds(signer.key.public_key(), author.header, author.signature)
    status, text = tool("read", router.certificate_file, signer.certificate_file, data=carried)
    assert status == 0 and said(text, "author") == [AGENCY]
    status, text = tool("read", router.certificate_file, router.certificate_file, data=carried)
    assert status == 1 and "author of part withdrawal" in text


def header_change(name, value):
    def change(header):
        setattr(header, name, value)
    return change


def twice_the_part(header):
    header.parts.append(header.parts[0])


def add_descriptor(header):
    header.parts.add().CopyFrom(header.parts[0])
    header.parts[1].name = "second"


def two_facts(header):
    header.facts.add().CopyFrom(header.facts[0])


def no_fact_value(header):
    header.facts[0].ClearField("value")


REFUSED_HEADERS = {
    "protocol": (header_change("protocol", 2), "MALFORMED"),
    "kind": (header_change("kind", 99), "MALFORMED"),
    "message id": (header_change("message_id", bytes(16)), "MALFORMED"),
    "dossier id": (header_change("dossier_id", bytes(15)), "MALFORMED"),
    "sender": (header_change("sender", "router"), "MALFORMED"),
    "step in an event": (header_change("step_id", wire.step_id(bytes(16), 1)), "MALFORMED"),
    "sequence from an agency": (header_change("sequence", 1), "MALFORMED"),
    "no time": (header_change("happened_us", 0), "MALFORMED"),
    "error in an event": (header_change("error", "x"), "MALFORMED"),
    "no type": (header_change("type", ""), "MALFORMED"),
    "a part twice": (twice_the_part, "PART"),
    "a part not sent": (add_descriptor, "PART"),
    "a fact twice": (two_facts, "FACT"),
    "a fact without value": (no_fact_value, "FACT"),
}


@pytest.mark.parametrize("name", sorted(REFUSED_HEADERS))
def test_well_signed_but_ill_formed(plain, name):
    change, code = REFUSED_HEADERS[name]
    status, text = tool("read", plain.certificate_file, data=event(plain, change))
    assert status == 1 and said(text, "refusal") == [code], text


def bend(field):
    def change(envelope):
        target, name = envelope, field.split(".")
        for step in name[:-1]:
            target = target[int(step)] if step.isdigit() else getattr(target, step)
        value = getattr(target, name[-1])
        setattr(target, name[-1], bytes([value[0] ^ 1]) + value[1:])
    return change


def move_leaf(envelope):
    envelope.signature.leaf_index = 0


def drop_path(envelope):
    del envelope.signature.path[:]


@pytest.mark.parametrize("change,code", [
    (bend("parts.0.content"), "PART"), (bend("parts.0.salt"), "PART"), (bend("signature.value"), "SIGNATURE"),
    (bend("signature.key_id"), "SIGNATURE"), (move_leaf, "SIGNATURE"), (drop_path, "MALFORMED"),
], ids=["content", "salt", "value", "key id", "another leaf", "no path"])
def test_changed_after_signing(signer, change, code):
    data = event(signer, change_envelope=change, count=4, index=1)
    status, text = tool("read", signer.certificate_file, data=data)
    assert status == 1 and said(text, "refusal") == [code], text


# Bytes that protobuf libraries take but that two readers could read differently.
AMBIGUOUS = {
    "a field twice": lambda e: e + b"\x0a\x00",
    "a group": lambda e: e + b"\xa3\x06\xa4\x06",
    "a varint longer than needed": lambda e: e + b"\xa0\x06\x81\x00",
    "field number 0": lambda e: e + b"\x02\x00",
    "cut": lambda e: e[:-1],
}


@pytest.mark.parametrize("name", sorted(AMBIGUOUS))
def test_ambiguous_encodings_are_refused(plain, name):
    status, text = tool("read", plain.certificate_file, data=AMBIGUOUS[name](event(plain)))
    assert status == 1 and said(text, "refusal") == ["MALFORMED"], text


def test_another_key_of_the_same_agency(plain, tmp_path):
    other = Signer(tmp_path, "other", ed25519.Ed25519PrivateKey.generate())
    status, text = tool("read", other.certificate_file, data=event(plain))
    assert status == 1 and said(text, "refusal") == ["SIGNATURE"]


@pytest.mark.parametrize("name", sorted(n for n in examples.blocks() if n.startswith("packet.")))
def test_packets_of_the_readme(name):
    data = examples.blocks()[name]
    status, text = tool("packet", data=data)
    assert status == 0, text
    assert said(text, "packed") == [data.hex()]
    packet = wire.compiled("session").Packet.FromString(data)
    assert said(text, "packet") == [str(packet.DESCRIPTOR.fields_by_name[packet.WhichOneof("is")].number)]


def header_of(kind):
    """An event's header made one of KIND, as far as its form allows, and what Part comes with it."""
    module = wire.compiled("envelope")
    if kind == "RECEIPT":
        return examples.receipt_header(examples.task_header()), []
    header, part = examples.event_header(1)
    if kind == "EVENT":
        return header, [part]
    command = module.Header.FromString(header)
    command.kind, command.type = module.MESSAGE_KIND_COMMAND, "dossier.retry"
    del command.parts[:]
    return command.SerializeToString(), []


@pytest.mark.parametrize("kind,right", [("EVENT", wire.ENVELOPE_TYPE), ("RECEIPT", wire.RECEIPT_TYPE),
                                        ("COMMAND", wire.COMMAND_TYPE)])
def test_type_confusion_is_refused_by_c(plain, kind, right):
    header, parts = header_of(kind)
    for wrong in (wire.ENVELOPE_TYPE, wire.RECEIPT_TYPE, wire.COMMAND_TYPE, wire.RESEAL_TYPE, wire.BATCH_TYPE,
                  wire.BLOCK_TYPE, wire.SESSION_TYPE):
        signature = wire.sign_batch(plain.key, [header], wrong)[0]
        status, text = tool("read", plain.certificate_file, data=examples.sealed(header, parts, signature))
        assert (status == 0) == (wrong == right), (kind, wrong, text)
        if wrong != right:
            assert said(text, "refusal") == ["SIGNATURE"], text
