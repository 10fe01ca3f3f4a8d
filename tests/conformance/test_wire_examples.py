"""Every example in hexadecimal of proto/README.md is what its text says."""
import examples
import pytest
import wire

BLOCKS = examples.blocks()


def test_readme_has_exactly_the_known_examples():
    assert set(BLOCKS) == set(examples.reproduced()) | {"event.signature.p256"}


@pytest.mark.parametrize("name", sorted(set(BLOCKS) - {"event.signature.p256"}))
def test_example_is_reproduced(name):
    assert BLOCKS[name].hex() == examples.reproduced()[name].hex()


@pytest.mark.parametrize("algorithm", ["ed25519", "p256"])
def test_signature_verifies(algorithm):
    public = wire.load_key(algorithm).public_key()
    value = BLOCKS[f"event.signature.{algorithm}"]
    assert wire.matches(public, value, BLOCKS["event.batch-pae"])
    assert not wire.matches(public, value, BLOCKS["event.batch-pae"] + b"\0")
    assert not wire.matches(public, value[:-1] + bytes([value[-1] ^ 1]), BLOCKS["event.batch-pae"])


def test_example_envelope_holds_together():
    envelope = wire.compiled("envelope").Envelope.FromString(BLOCKS["event.envelope"])
    header = wire.compiled("envelope").Header.FromString(envelope.header)
    assert envelope.header == BLOCKS["event.header"]
    assert header.parts[0].digest == wire.sha256(envelope.parts[0].content) == BLOCKS["part.digest"]
    assert header.parts[0].salted_digest == BLOCKS["part.salted-digest"]
    assert wire.signature_holds(wire.load_key("ed25519").public_key(), envelope.header, envelope.signature)


def test_batch_climbs_from_each_leaf_to_the_root():
    leaves = [BLOCKS[f"batch.leaf-{i}"] for i in range(3)]
    assert leaves[0] == BLOCKS["event.leaf"]
    assert wire.node(wire.node(leaves[0], leaves[1]), leaves[2]) == BLOCKS["batch.root"]
    assert BLOCKS["batch.path-1"] == leaves[0] + leaves[2]
    assert BLOCKS["batch.path-2"] == BLOCKS["batch.node"]
    for index in range(3):
        assert wire.root_from_path(leaves[index], index, 3, wire.path(leaves, index)) == BLOCKS["batch.root"]


def test_receipt_names_the_delivery():
    header = wire.compiled("envelope").Header.FromString(BLOCKS["receipt.header"])
    task = wire.compiled("envelope").Header.FromString(BLOCKS["task.header"])
    assert (header.reply_to, header.reply_digest) == (task.message_id, wire.sha256(BLOCKS["task.header"]))
