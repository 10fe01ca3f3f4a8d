"""A session is opened by who holds both the CURVE key and the signing key of its agency: whoever has stolen one of them, or a
hello, is told the true cause, is counted, and changes nothing else; the agency's honest session goes on."""
import os

import pytest
from agent import Agent, Identity, wire
from cryptography.hazmat.primitives.asymmetric import ec

from world import World, wait_until

HOUR_US = 3_600_000_000
BOOKKEEPING = ("batch",)


@pytest.fixture(scope="module")
def world():
    """Police speaks through the agent, never through its service."""
    made = World("--parcels", "20", "--without", "police")
    yield made
    made.close()


@pytest.fixture(scope="module")
def agent(world):
    with Agent(world, "police") as honest:
        yield honest


def counted(world, code):
    number = wire.compiled("session").RefusalCode.Value(f"REFUSAL_CODE_{code}")
    return world.one("router", "SELECT coalesce(sum(count), 0)::integer FROM refusal_count WHERE code = %s", number)


STOLEN = {
    "a stolen CURVE key alone": (lambda a: dict(at_us=0, key_id=b"", signature=b""), "PROTOCOL", ["without a proof"]),
    "a key that nobody knows": (lambda a: a.proof(key=ec.generate_private_key(ec.SECP256R1())), "UNKNOWN_KEY",
                                ["signing key", "lt agencies"]),
    "another agency's key": (lambda a: a.proof(key=Identity(a.world, "tax").sign), "WRONG_SENDER",
                             ["belongs to 000.03.00.G12", "000.04.00.G01"]),
    "of another session": (lambda a: a.proof(session=os.urandom(16)), "SIGNATURE", ["does not match"]),
    "for another router": (lambda a: a.proof(router_curve=os.urandom(32)), "SIGNATURE", ["does not match"]),
    "for another CURVE key": (lambda a: a.proof(own_curve=os.urandom(32)), "SIGNATURE", ["does not match"]),
    "a clock ahead": (lambda a: a.proof(at_us=a.now_us() + HOUR_US), "CLOCK_SKEW", ["signed at", "here", "clock"]),
    "a clock behind": (lambda a: a.proof(at_us=a.now_us() - HOUR_US), "CLOCK_SKEW", ["signed at", "here", "clock"]),
    "type confusion with a message": (lambda a: a.proof(kind=wire.ENVELOPE_TYPE), "SIGNATURE", ["does not match"]),
}


@pytest.mark.parametrize("name", sorted(STOLEN))
def test_session_takeover_is_refused(world, agent, name):
    proof, code, words = STOLEN[name]
    before, count = world.digest(*BOOKKEEPING), counted(world, code)
    with Agent(world, "police", hello=False) as rude:
        rude.hello(**proof(rude))
        fate = rude.farewell()
        assert fate.code == code and fate.session_ended and not rude.welcome, fate
        assert all(word in fate.text for word in words), fate
    wait_until("it is counted", lambda: counted(world, code) == count + 1)
    assert world.digest(*BOOKKEEPING) == before
    agent.alive()


def test_a_stolen_curve_key_with_ones_own_signing_key(world, agent):
    """The thief is an agency himself: the CURVE key is of one agency, the signing key of another."""
    thief = Identity(world, "police")
    thief.sign, thief.code = Identity(world, "tax").sign, "000.03.00.G12"
    with Agent(world, "police", identity=thief, hello=False) as rude:
        rude.hello()
        fate = rude.farewell()
        assert fate.code == "WRONG_SENDER" and "CURVE key" in fate.text, fate
    agent.alive()
