"""The vectors of everything that is signed, verified with Debian's python3-cryptography and by our own code; and each broken
variant refused by both."""
import json
import os
import pathlib
import subprocess

import examples
import pytest
import signatures
import wire
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

TOOL = pathlib.Path(os.environ["LT_BUILD"]) / "tests/envelope_tool"
KNOWN = signatures.known()
CASES = [(v, key) for v in KNOWN["alone"] for key in signatures.KEYS]
SHARED = [(v, m, key) for v in KNOWN["batches"] for m in v["messages"] for key in signatures.KEYS]
TYPES = [v["type"].encode() for v in KNOWN["alone"]]


def public(key):
    return wire.load_key(key).public_key()


def holds(key, value, kind, header, index, size, path):
    """Whether VALUE proves HEADER of type KIND at its place; from proto/README.md section 5 alone."""
    try:
        root = wire.root_from_path(wire.leaf(header, kind), index, size, path)
    except ValueError:
        return False
    return wire.matches(public(key), value, wire.pae(wire.BATCH_TYPE, root))


def flips(data, every=1):
    for bit in range(0, 8 * len(data), every):
        yield data[:bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1:]


def test_the_vectors_are_what_the_text_says():
    assert signatures.made(KNOWN) == KNOWN


@pytest.mark.parametrize("vector,key", CASES, ids=[f"{v['type']} {key}" for v, key in CASES])
def test_every_signed_type(vector, key):
    signed, value, body = bytes.fromhex(vector["signed"]), bytes.fromhex(vector["values"][key]), bytes.fromhex(vector["body"])
    kind = vector["type"].encode()
    assert wire.matches(public(key), value, signed)
    assert not any(wire.matches(public(key), bent, signed) for bent in flips(value, 13))
    if vector["leaf"]:
        assert signed == wire.pae(wire.BATCH_TYPE, wire.leaf(body, kind))
    else:
        assert signed == wire.pae(kind, body)
    for other in TYPES:
        if other == kind:
            continue
        assert not wire.matches(public(key), value, wire.pae(other, body)), f"type confusion: {kind} as {other}"
        assert not wire.matches(public(key), value, wire.pae(wire.BATCH_TYPE, wire.leaf(body, other))), f"{kind} as leaf {other}"


@pytest.mark.parametrize("vector,message,key", SHARED, ids=[f"{v['size']}-{m['index']} {key}" for v, m, key in SHARED])
def test_a_message_of_a_batch(vector, message, key):
    value, header, kind = bytes.fromhex(vector["values"][key]), bytes.fromhex(message["header"]), message["type"].encode()
    path, index, size = [bytes.fromhex(h) for h in message["path"]], message["index"], vector["size"]
    assert wire.leaf(header).hex() == message["leaf"] and wire.leaf_type(header) == kind
    assert holds(key, value, kind, header, index, size, path)
    for bent in list(flips(header, 97)) + [header + b"\0", header[:-1], b""]:
        assert not holds(key, value, kind, bent, index, size, path)
    for place, digest in enumerate(path):
        for bent in flips(digest, 41):
            assert not holds(key, value, kind, header, index, size, path[:place] + [bent] + path[place + 1:])
    assert not any(holds(key, value, kind, header, i, size, path) for i in range(size) if i != index), "a swapped index"
    if path:
        assert not holds(key, value, kind, header, index, size, path[:-1]), "a truncated path"
        assert not holds(key, value, kind, header, index, size, path[1:]), "a truncated path"
        assert not holds(key, value, kind, header, index, size, path[::-1]) or path == path[::-1], "a swapped path"
    assert not holds(key, value, kind, header, index, size, path + [bytes(32)])
    for other in TYPES:
        assert other == kind or not holds(key, value, other, header, index, size, path), "another type"


@pytest.mark.parametrize("key", signatures.KEYS)
def test_second_preimage_by_an_inner_node(key):
    """Two leaves' hashes as a message of the tree one level up, and a leaf's as a node: RFC 6962's prefixes keep them apart."""
    vector = next(v for v in KNOWN["batches"] if v["size"] == 256)
    value = bytes.fromhex(vector["values"][key])
    leaves = [wire.leaf(header, kind) for kind, header in signatures.batch_leaves(256)]
    forged, path = leaves[0] + leaves[1], wire.path(leaves, 0)[1:]
    for kind in TYPES + [b""]:
        assert not holds(key, value, kind, forged, 0, 128, path)
    # What would hold if leaves and nodes had one prefix: the node itself, put in the leaf's place, reaches the root.
    top = wire.root_from_path(wire.node(leaves[0], leaves[1]), 0, 128, path)
    assert wire.matches(public(key), value, wire.pae(wire.BATCH_TYPE, top))
    assert wire.sha256(b"\0", forged) != wire.node(leaves[0], leaves[1])


def read(certificate, data):
    done = subprocess.run([str(TOOL), "read", str(certificate)], input=data, capture_output=True, timeout=30)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("key", signatures.KEYS)
def test_our_own_code_says_the_same(key, tmp_path):
    """The events of the batches, as envelopes, to the program that reads them with our libraries."""
    certificate = tmp_path / "sign.pem"
    certificate.write_bytes(wire.certificate_of(wire.load_key(key), examples.AGENCY))
    module = wire.compiled("envelope")
    for vector in KNOWN["batches"]:
        for m in vector["messages"]:
            if m["type"] != wire.ENVELOPE_TYPE.decode():
                continue
            part = examples.event_header(m["index"] + 1)[1]

            def envelope(value=bytes.fromhex(vector["values"][key]), index=m["index"], path=tuple(bytes.fromhex(h) for h in m["path"])):
                signature = module.Signature(key_id=bytes.fromhex(KNOWN["keys"][key]), value=value, leaf_index=index,
                                             leaf_count=vector["size"], path=path)
                return examples.sealed(bytes.fromhex(m["header"]), [part], signature)
            assert read(certificate, envelope()), (vector["size"], m["index"])
            assert not read(certificate, envelope(value=next(flips(bytes.fromhex(vector["values"][key])[::-1]))[::-1]))
            if vector["size"] > 1:
                assert not read(certificate, envelope(index=m["index"] ^ 1))
                assert not read(certificate, envelope(path=tuple(bytes.fromhex(h) for h in m["path"][:-1])))


def test_downgraded_algorithm(tmp_path):
    """The algorithm follows from the key of the certificate; a signature of another algorithm under its key id is refused,
    and so are keys that are too weak."""
    module = wire.compiled("envelope")
    header, part = examples.event_header(1)
    for key in signatures.KEYS:
        certificate = tmp_path / f"{key}.pem"
        certificate.write_bytes(wire.certificate_of(wire.load_key(key), examples.AGENCY))
        for other in signatures.KEYS:
            signature = wire.sign_batch(wire.load_key(other), [header])[0]
            signature.key_id = bytes.fromhex(KNOWN["keys"][key])
            assert read(certificate, examples.sealed(header, [part], signature)) == (key == other)
    weak = tmp_path / "weak.pem"
    for small in (ec.generate_private_key(ec.SECP192R1()), ec.generate_private_key(ec.SECP256K1())):
        weak.write_bytes(wire.certificate_of(small, examples.AGENCY))
        signature = module.Signature(key_id=wire.key_id(small), value=small.sign(
            wire.pae(wire.BATCH_TYPE, wire.leaf(header)), ec.ECDSA(hashes.SHA256())),
            leaf_index=0, leaf_count=1)
        assert not read(weak, examples.sealed(header, [part], signature))


def test_the_file_is_json_as_written():
    assert json.loads(signatures.FILE.read_text()) == KNOWN
