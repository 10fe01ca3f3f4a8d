"""A client written from proto/README.md alone (pyzmq) against our own end of sessions."""
import os
import pathlib
import subprocess
import tempfile

import examples
import pytest
import wire
import zmq
from cryptography.hazmat.primitives.asymmetric import ed25519
from zmq.utils import z85

TOOL = pathlib.Path(os.environ["LT_BUILD"]) / "tests/hub_tool"
ENVELOPE = examples.blocks()["event.envelope"]
MESSAGE_ID = wire.compiled("envelope").Header.FromString(examples.blocks()["event.header"]).message_id
PATIENCE_MS = 5000
KEY = wire.load_key("p256")


class Client:
    """One session. Every packet that is sent goes through `say`, which counts the sequence."""

    def __init__(self, endpoint, router_key, pair):
        self.router_key, self.pair = router_key, pair
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.session, self.sequence = os.urandom(16), 0
        for option, value in ((zmq.ROUTING_ID, b"\x01" + os.urandom(15)), (zmq.RECONNECT_IVL, -1), (zmq.IMMEDIATE, 1),
                              (zmq.LINGER, 0), (zmq.MAXMSGSIZE, 1052672), (zmq.CURVE_SERVERKEY, router_key),
                              (zmq.CURVE_PUBLICKEY, pair[0]), (zmq.CURVE_SECRETKEY, pair[1]),
                              (zmq.SNDTIMEO, PATIENCE_MS), (zmq.RCVTIMEO, PATIENCE_MS)):
            self.socket.setsockopt(option, value)
        self.socket.connect(endpoint)
        self.heard = 0

    def packet(self, **content):
        self.sequence += 1
        return wire.compiled("session").Packet(session=self.session, sequence=self.sequence, **content)

    def say(self, **content):
        self.socket.send(self.packet(**content).SerializeToString())

    def hear(self, kind=None):
        packet = wire.compiled("session").Packet.FromString(self.socket.recv())
        self.heard += 1
        assert (packet.session, packet.sequence) == (self.session, self.heard)
        assert kind in (None, packet.WhichOneof("is")), packet
        return getattr(packet, packet.WhichOneof("is"))

    def hello(self, **changes):
        session = wire.compiled("session")
        fields = {"protocol_min": 1, "protocol_max": 1, "agency": examples.AGENCY, "software": "test",
                  "credit": session.Credit(messages=10, bytes=4 << 20), **self.proof(), **changes}
        self.say(hello=session.Hello(**fields))

    def proof(self, **changes):
        """What a hello proves; CHANGES: what is signed instead."""
        said = {"key": KEY, "agency": examples.AGENCY, "router_curve": z85.decode(self.router_key),
                "own_curve": z85.decode(self.pair[0]), "session": self.session, "at_us": examples.HAPPENED_US, **changes}
        return wire.prove_session(**said)

    def submit(self):
        self.say(submit=wire.compiled("session").Submit(envelope=ENVELOPE))


class Hub:
    def __init__(self, *arguments):
        self.pair = zmq.curve_keypair()
        self.folder = tempfile.TemporaryDirectory(prefix="lt-hub-")
        certificate = pathlib.Path(self.folder.name, "sign.pem")
        certificate.write_bytes(wire.certificate_of(KEY, examples.AGENCY))
        self.process = subprocess.Popen([str(TOOL), self.pair[0].decode(), ENVELOPE.hex(), str(certificate), *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.router_key = self.line("key").encode()
        self.endpoint = self.line("endpoint")
        self.clients = []

    def line(self, name):
        while True:
            text = self.process.stdout.readline().decode()
            assert text, "hub_tool ended"
            word, _, rest = text.strip().partition(" ")
            if word == name:
                return rest

    def connect(self, pair=None):
        self.clients.append(Client(self.endpoint, self.router_key, pair or self.pair))
        return self.clients[-1]

    def greeted(self):
        client = self.connect()
        client.hello()
        client.welcome = client.hear("welcome")
        return client

    def close(self):
        for client in self.clients:
            client.socket.close()
        self.process.stdin.close()
        status = self.process.wait(10)
        self.process.stdout.close()
        self.folder.cleanup()
        assert status == 0


@pytest.fixture
def hub():
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def holding():
    hub = Hub("hold")
    yield hub
    hub.close()


def test_a_session_from_hello_to_goodbye(hub):
    session = wire.compiled("session")
    client = hub.greeted()
    assert hub.line("open") == f"7 {examples.AGENCY}"
    welcome = client.welcome
    assert (welcome.protocol, welcome.router, welcome.packet_size_max) == (1, "hub-tool", 1052672)
    assert (welcome.credit.messages, welcome.credit.bytes) == (4, 2 << 20)
    client.submit()
    assert client.hear("deliver").envelope == ENVELOPE
    assert list(client.hear("acknowledge").message_ids) == [MESSAGE_ID]
    credit = client.hear("credit")
    assert (credit.messages, credit.bytes) == (5, (2 << 20) + len(ENVELOPE))
    client.say(ping=session.Ping(nonce=99))
    assert client.hear("pong").nonce == 99
    client.say(refuse=session.Refuse(message_id=MESSAGE_ID, code=session.REFUSAL_CODE_UNKNOWN_OPERATION))
    assert hub.line("refuse") == "UNKNOWN_OPERATION"
    client.say(goodbye=session.Goodbye(text="done"))
    assert "done" in hub.line("lost")


def test_a_refusal_of_what_cannot_be_read_names_its_packet(hub):
    """Or its sender, who does not know that it is meant, would send it for ever."""
    client = hub.greeted()
    client.say(ping=wire.compiled("session").Ping(nonce=1))
    client.hear("pong")
    client.say(submit=wire.compiled("session").Submit(envelope=b"\xff" * 10))
    refuse = client.hear("refuse")
    assert (refuse.message_id, refuse.code, refuse.retryable, refuse.sequence) == (b"", 1, False, 3)


def test_credit_is_kept_to_by_the_router(hub):
    client = hub.connect()
    client.hello(credit=wire.compiled("session").Credit(messages=1, bytes=4 << 20))
    client.hear("welcome")
    for _ in range(3):
        client.submit()
    kinds = []
    while len([k for k in kinds if k == "Acknowledge"]) < 1 or len(kinds) < 3:
        kinds.append(type(client.hear()).__name__)
    client.say(ping=wire.compiled("session").Ping(nonce=1))
    while kinds[-1] != "Pong":
        kinds.append(type(client.hear()).__name__)
    assert kinds.count("Deliver") == 1


def test_silence_ends_the_session(hub):
    client = hub.greeted()
    assert client.hear("goodbye").code == 0
    assert "silent" in hub.line("lost")


def no_common_version(client):
    client.hello(protocol_min=2, protocol_max=3)


def no_credit_field(client):
    client.hello(credit=None)


def ping_first(client):
    client.say(ping=wire.compiled("session").Ping(nonce=1))


def late_hello(client):
    client.sequence = 4
    client.hello()


BEFORE = {"no common version": (no_common_version, "PROTOCOL"), "hello without credit": (no_credit_field, "PROTOCOL"),
          "a ping before hello": (ping_first, "PROTOCOL"), "hello with sequence 5": (late_hello, "SEQUENCE")}


@pytest.mark.parametrize("name", sorted(BEFORE))
def test_refused_before_a_session(hub, name):
    act, code = BEFORE[name]
    client = hub.connect()
    act(client)
    assert client.hear("goodbye").code == wire.compiled("session").RefusalCode.Value(f"REFUSAL_CODE_{code}")
    assert hub.line("violation").split()[0] == code


def flipped(data, bit=0):
    return bytes([data[0] ^ (1 << bit)]) + data[1:]


# What each of these signs instead of its own session with this router: none of it opens one.
STOLEN = {
    "nothing: only the CURVE key": lambda c: dict(at_us=0, key_id=b"", signature=b""),
    "another session": lambda c: c.proof(session=os.urandom(16)),
    "another router": lambda c: c.proof(router_curve=os.urandom(32)),
    "another CURVE key": lambda c: c.proof(own_curve=os.urandom(32)),
    "another agency": lambda c: c.proof(agency="000.99"),
    "another time": lambda c: {**c.proof(), "at_us": examples.HAPPENED_US + 1},
    "another key, named": lambda c: c.proof(key=ed25519.Ed25519PrivateKey.generate()),
    "another key, under the right name": lambda c: {**c.proof(key=ed25519.Ed25519PrivateKey.generate()),
                                                    "key_id": wire.key_id(KEY)},
    "a flipped bit": lambda c: {**c.proof(), "signature": flipped(c.proof()["signature"][::-1])[::-1]},
    "a key id cut short": lambda c: {**c.proof(), "key_id": wire.key_id(KEY)[:31]},
    **{f"type confusion: {kind.decode()}": lambda c, kind=kind: c.proof(kind=kind)
       for kind in (wire.ENVELOPE_TYPE, wire.RECEIPT_TYPE, wire.COMMAND_TYPE, wire.RESEAL_TYPE, wire.BATCH_TYPE,
                    wire.BLOCK_TYPE)},
}


@pytest.mark.parametrize("name", sorted(STOLEN))
def test_session_takeover_is_refused(hub, name):
    client = hub.connect()
    client.hello(**STOLEN[name](client))
    goodbye = client.hear("goodbye")
    code = wire.compiled("session").RefusalCode.Name(goodbye.code)[len("REFUSAL_CODE_"):]
    assert code == ("PROTOCOL" if name.startswith("nothing") or "cut short" in name else "SIGNATURE"), goodbye
    assert hub.line("violation").split()[0] == code
    assert hub.greeted().welcome.protocol == 1


def test_a_session_id_is_good_once(hub):
    first = hub.greeted()
    second = hub.connect()
    second.session = first.session
    second.hello()
    assert second.hear("goodbye").code == wire.compiled("session").REFUSAL_CODE_PROTOCOL
    first.say(ping=wire.compiled("session").Ping(nonce=1))
    assert first.hear("pong").nonce == 1


def second_hello(client):
    client.hello()


def gap(client):
    client.sequence += 1
    client.submit()


def repeated(client):
    client.sequence -= 1
    client.submit()


def other_session(client):
    packet = client.packet(submit=wire.compiled("session").Submit(envelope=ENVELOPE))
    packet.session = bytes(16)
    client.socket.send(packet.SerializeToString())


def several_frames(client):
    data = client.packet(submit=wire.compiled("session").Submit(envelope=ENVELOPE)).SerializeToString()
    client.socket.send_multipart([data, b""])


def garbage(client):
    client.socket.send(b"\xff" * 40)


def routers_packet(client):
    client.say(acknowledge=wire.compiled("session").Acknowledge(message_ids=[MESSAGE_ID]))


DURING = {"a second hello": (second_hello, "PROTOCOL"), "a gap": (gap, "SEQUENCE"), "a repetition": (repeated, "SEQUENCE"),
          "another session": (other_session, "PROTOCOL"), "several frames": (several_frames, "PROTOCOL"),
          "no packet": (garbage, "MALFORMED"), "a router's packet": (routers_packet, "PROTOCOL")}


@pytest.mark.parametrize("name", sorted(DURING))
def test_refused_within_a_session(hub, name):
    act, code = DURING[name]
    client = hub.greeted()
    act(client)
    assert client.hear("goodbye").code == wire.compiled("session").RefusalCode.Value(f"REFUSAL_CODE_{code}")
    assert hub.line("violation").split()[0] == code
    client.say(ping=wire.compiled("session").Ping(nonce=1))  # passed over in silence
    client.socket.setsockopt(zmq.RCVTIMEO, 300)
    with pytest.raises(zmq.Again):
        client.socket.recv()


def test_beyond_the_credit(holding):
    client = holding.greeted()
    for _ in range(4):
        client.submit()
    client.say(ping=wire.compiled("session").Ping(nonce=1))
    client.hear("pong")  # four are within the credit
    client.submit()
    assert client.hear("goodbye").code == wire.compiled("session").REFUSAL_CODE_CREDIT


def test_unknown_curve_key_gets_nothing(hub):
    client = hub.connect(zmq.curve_keypair())
    client.socket.setsockopt(zmq.SNDTIMEO, 1000)
    with pytest.raises(zmq.Again):
        client.hello()
