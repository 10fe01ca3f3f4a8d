"""Each agency signs with the key that it has: here the land registry with Ed25519, tax with RSA-3072, the router with RSA-2048, all
others with P-256, through a whole land transfer. What they said is verified again with python3-cryptography."""
import uuid

import pytest
from agent import CODES, certificates, envelope, wire
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from world import World

KINDS = {"land": (ed25519.Ed25519PublicKey, None), "tax": (rsa.RSAPublicKey, 3072), "police": (ec.EllipticCurvePublicKey, 256),
         "router": (rsa.RSAPublicKey, 2048)}


@pytest.fixture(scope="module")
def world():
    made = World("--parcels", "20", environment={"LT_ALGORITHM_land": "ed25519", "LT_ALGORITHM_tax": "rsa3072",
                                                 "LT_ALGORITHM_router": "rsa2048"})
    yield made
    made.close()


def said(world, agency, box):
    for message, data in world.rows(agency, f"SELECT message, envelope FROM lienthong.{box}"):
        made = envelope.Envelope.FromString(world.opened_bytes(agency, f"lienthong.{box}.envelope", uuid.UUID(str(message)).bytes, data))
        yield made, envelope.Header.FromString(made.header)


def test_a_transfer_with_three_algorithms(world):
    d = world.submit().happy()
    assert d.progress() == [1, 2, 4, 6, 4, 9, 10]
    known = certificates(world)
    for agency, (kind, size) in KINDS.items():
        for key in known[CODES.get(agency, agency)].values():
            assert isinstance(key, kind) and getattr(key, "key_size", None) == size, agency
    seen = {}
    for agency in ("land", "tax", "police"):
        for box in ("outbox", "inbox"):
            for made, header in said(world, agency, box):
                key = known[header.sender][made.signature.key_id]
                assert wire.signature_holds(key, made.header, made.signature), (agency, box, header.type)
                seen.setdefault((agency, box), []).append((header.kind, made.signature.leaf_count))
                for part in made.parts:
                    if part.HasField("author"):
                        author = envelope.Header.FromString(part.author.header)
                        assert wire.signature_holds(known[author.sender][part.author.signature.key_id], part.author.header,
                                                    part.author.signature), (agency, header.type, author.sender)
                        seen.setdefault("authors", set()).add(author.sender)
    assert all(seen[agency, box] for agency in ("land", "tax", "police") for box in ("outbox", "inbox"))
    assert CODES["land"] in seen["authors"] or CODES["tax"] in seen["authors"]
    # A receipt and its answer, made in one transaction, share a signature: in every agency and with every algorithm.
    for agency in ("land", "tax", "police"):
        assert any(count > 1 for _, count in seen[agency, "outbox"]), seen[agency, "outbox"]
