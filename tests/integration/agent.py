"""An agency over the real wire, from proto/README.md alone: a DEALER with CURVE, hello, credit, sequence, deliveries, receipts
and answers, with the keys of a world's folder. It speaks as any agency (with that agency's service stopped or beside it) or as
a stranger, and it can be made to misbehave. It shares no code with the C programs."""
import os
import subprocess
import pathlib
import sys
import time
import uuid

import zmq
import zmq.utils.monitor
import zmq.utils.z85 as z85
from cryptography import x509
from cryptography.hazmat.primitives import serialization

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))
import wire  # noqa: E402

envelope = wire.compiled("envelope")
session = wire.compiled("session")

CODES = {"intake": "000.01.00.H58", "land": "000.02.00.H58", "tax": "000.03.00.G12", "police": "000.04.00.G01",
         "payment": "000.05.00.H58", "postal": "000.06.00.H58", "repository": "000.07.00.H58", "portal": "000.08.00.H58"}
PROCEDURE = "1.013831"
PACKET_SIZE_MAX = 1_052_672
ENVELOPE_SIZE_MAX = 1_048_576
GONE = zmq.Event.DISCONNECTED | zmq.Event.CLOSED | zmq.Event.HANDSHAKE_FAILED_AUTH | zmq.Event.HANDSHAKE_FAILED_PROTOCOL | \
    zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
NEVER_BEGAN = zmq.Event.HANDSHAKE_FAILED_AUTH | zmq.Event.HANDSHAKE_FAILED_PROTOCOL | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL


def kind(name):
    return envelope.MessageKind.Value(f"MESSAGE_KIND_{name}")


def code_name(number):
    return session.RefusalCode.Name(number)[len("REFUSAL_CODE_"):]


def clock_offset(world):
    """Seconds by which the world's pretended clock is ahead."""
    path = world.environment.get("LIENTHONG_TIME_FILE")
    return float(pathlib.Path(path).read_text()) if path else 0.0


class Identity:
    """Whose keys: an agency's of the world's folder, in whole or in part replaced by a test."""

    def __init__(self, world, name):
        self.code = CODES.get(name, name)
        folder = pathlib.Path(world.folder, "keys", self.code)
        self.sign = serialization.load_pem_private_key((folder / "sign.key").read_bytes(), None)
        self.curve_secret = (folder / "curve.key").read_text().strip().encode()
        self.curve_public = (folder / "curve.pub").read_text().strip().encode()
        self.folder, self.all_keys = folder, folder.parent

    def open(self, content):
        """What is sealed to us in CONTENT, by stock OpenSSL: salt and plain text."""
        return openssl("-decrypt", "-inkey", self.folder / "encrypt.key", "-recip", self.folder / "encrypt.pem", given=content)

    def seal(self, plain, key_ids):
        """PLAIN sealed to the agencies of the world whose encryption keys KEY_IDS names."""
        found = {}
        for path in self.all_keys.glob("*/encrypt.pem"):   # not of the hidden folders of earlier keys
            found[wire.key_id(x509.load_pem_x509_certificate(path.read_bytes()).public_key())] = path
        return openssl("-encrypt", "-aes-256-gcm", *(found[key] for key in key_ids), given=plain)


def openssl(*arguments, given):
    done = subprocess.run(["openssl", "cms", "-binary", "-inform", "DER", "-outform", "DER", *arguments], input=given, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Message:
    """A signed message of ours, its bytes made once."""

    def __init__(self, header, envelope_bytes):
        self.header, self.bytes, self.id = header, envelope_bytes, header.message_id


class Delivery:
    """What came in a Deliver."""

    def __init__(self, data):
        self.envelope = envelope.Envelope.FromString(data)
        self.header = envelope.Header.FromString(self.envelope.header)
        self.id, self.dossier = self.header.message_id, uuid.UUID(bytes=self.header.dossier_id)
        self.digest = wire.sha256(self.envelope.header)
        self.plain = []   # of each part

    @property
    def type(self):
        return self.header.type

    def members(self, name, message):
        """Item to (author's code, MESSAGE) of a part that came from each of several."""
        return {descriptor.item: (envelope.Header.FromString(part.author.header).sender, message.FromString(plain))
                for descriptor, part, plain in zip(self.header.parts, self.envelope.parts, self.plain) if descriptor.name == name}

    def part(self, name, message):
        """The part NAME as MESSAGE, or None."""
        for descriptor, plain in zip(self.header.parts, self.plain):
            if descriptor.name == name:
                return message.FromString(plain)
        return None


class Fate:
    """What became of a message or of the session: ACKNOWLEDGED, a refusal, or a goodbye."""

    def __init__(self, code, text="", retryable=False, session_ended=False):
        self.code, self.text, self.retryable, self.session_ended = code, text, retryable, session_ended

    def __repr__(self):
        return f"<{self.code} {self.text!r}{' retryable' if self.retryable else ''}{' goodbye' if self.session_ended else ''}>"


def certificates(world):
    """Agency code to public key; the routers under the code "router", several of them."""
    found = {}
    for path in sorted(pathlib.Path(world.folder, "certificates").glob("*.pem")):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        code = certificate.subject.get_attributes_for_oid(x509.ObjectIdentifier("2.5.4.97"))[0].value
        found.setdefault(code, {})[wire.key_id(certificate.public_key())] = certificate.public_key()
    return found


class Agent:
    """One session of one agency to one router."""

    def __init__(self, world, name, router=1, credit=(64, 4 << 20), identity=None, receipts=True, hello=True, curve=True):
        self.world, self.identity, self.receipts, self.curve = world, identity or Identity(world, name), receipts, curve
        self.code, self.router, self.window = self.identity.code, router, credit
        self.port = world.settings[f"PORT_router_{router}"]
        self.public_keys = certificates(world)
        self.context = zmq.Context.instance()
        self.socket = self.monitor = None
        self.asked, self.told, self.reseals = 0, {}, True
        self.deliveries, self.seen = [], {}      # all that were new; message id to receipt
        self.connect(hello)

    # --- the session ---
    def connect(self, hello=True):
        self.close()
        self.session, self.sent, self.received, self.events = os.urandom(16), 0, 0, 0
        self.acknowledged, self.refusals, self.pongs, self.goodbye, self.welcome = set(), [], 0, None, None
        self.limit, self.spent, self.taken, self.waiting = [0, 0], [0, 0], [0, 0], []
        self.offered = self.window
        s = self.socket = self.context.socket(zmq.DEALER)
        s.setsockopt(zmq.ROUTING_ID, b"\1" + os.urandom(15))
        if self.curve:
            s.curve_serverkey = self.router_key()
            s.curve_publickey, s.curve_secretkey = self.identity.curve_public, self.identity.curve_secret
        for option, value in ((zmq.RECONNECT_IVL, -1), (zmq.IMMEDIATE, 1), (zmq.LINGER, 0), (zmq.MAXMSGSIZE, PACKET_SIZE_MAX),
                              (zmq.HANDSHAKE_IVL, 10000), (zmq.SNDHWM, 100_000), (zmq.RCVHWM, 100_000), (zmq.SNDTIMEO, 10000)):
            s.setsockopt(option, value)
        self.monitor = s.get_monitor_socket()
        s.connect(f"tcp://127.0.0.1:{self.port}")
        if hello:
            self.hello()
            self.wait("a welcome", lambda: self.welcome or self.ended)
        return self

    def hello(self, **changes):
        fields = dict(protocol_min=1, protocol_max=1, agency=self.code, software="test agent 1.0",
                      credit=session.Credit(messages=self.offered[0], bytes=self.offered[1]))
        fields.update(self.proof(agency=changes.get("agency", self.code)))
        fields.update(changes)
        self.send(hello=session.Hello(**fields))

    def proof(self, **changes):
        """What proves the session; CHANGES: what is signed instead."""
        said = dict(key=self.identity.sign, agency=self.code, router_curve=z85.decode(self.router_key()),
                    own_curve=z85.decode(self.identity.curve_public), session=self.session, at_us=self.now_us())
        said.update(changes)
        return wire.prove_session(**said)

    def router_key(self):
        return pathlib.Path(self.world.folder, "keys", f"router-{self.router}", "curve.pub").read_text().strip().encode()

    def close(self, goodbye=True):
        if self.socket is None:
            return
        if goodbye and not self.ended and self.sent:
            try:
                self.socket.setsockopt(zmq.LINGER, 300)
                self.send(goodbye=session.Goodbye(text="the test is over"))
            except zmq.ZMQError:
                pass
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close()
        self.socket = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def ended(self):
        """The router said goodbye, or the connection is gone."""
        self.watch()
        return self.goodbye is not None or bool(self.events & GONE)

    @property
    def never_began(self):
        self.watch()
        return bool(self.events & NEVER_BEGAN)

    def watch(self):
        while self.socket and self.monitor.poll(0):
            self.events |= zmq.utils.monitor.recv_monitor_message(self.monitor)["event"]

    # --- packets ---
    def packet(self, sequence=None, session_id=None, **content):
        """The bytes of the next packet; SEQUENCE and SESSION_ID only to do it wrongly."""
        self.sent += 1
        return session.Packet(session=session_id or self.session, sequence=sequence or self.sent, **content).SerializeToString()

    def send(self, sequence=None, session_id=None, **content):
        self.socket.send(self.packet(sequence, session_id, **content))

    def send_envelope(self, data):
        """One Submit, within the credit or not."""
        self.spent[0] += 1
        self.spent[1] += len(data)
        self.send(submit=session.Submit(envelope=data))

    def may_send(self, size):
        return self.spent[0] < self.limit[0] and self.spent[1] + size <= self.limit[1]

    def pump(self, seconds=0.0):
        """Takes what has come, and answers what wants an answer."""
        while self.socket.poll(int(seconds * 1000)):
            frames = self.socket.recv_multipart()
            assert len(frames) == 1, "a packet is one frame"
            self.take(session.Packet.FromString(frames[0]))
            seconds = 0.0
        while self.waiting and not self.ended and self.may_send(len(self.waiting[0])):
            self.send_envelope(self.waiting.pop(0))

    def take(self, packet):
        assert packet.session == self.session, "a packet of another session"
        self.received += 1
        assert packet.sequence == self.received, f"packet {packet.sequence}, expected {self.received}"
        assert self.goodbye is None, "a packet after goodbye"
        content = packet.WhichOneof("is")
        value = getattr(packet, content)
        assert (self.welcome is not None) != (content in ("welcome",)) or content == "goodbye", f"{content} out of turn"
        if content == "welcome":
            assert value.protocol == 1 and value.packet_size_max == PACKET_SIZE_MAX
            self.welcome, self.limit = value, [value.credit.messages, value.credit.bytes]
        elif content == "deliver":
            self.take_delivery(value.envelope)
        elif content == "acknowledge":
            self.acknowledged.update(value.message_ids)
        elif content == "refuse":
            self.refusals.append(value)
        elif content == "credit":
            self.limit = [max(self.limit[0], value.messages), max(self.limit[1], value.bytes)]
        elif content == "ping":
            self.send(pong=session.Pong(nonce=value.nonce))
        elif content == "pong":
            self.pongs += 1
        elif content == "tell":
            self.told[value.id] = value
        elif content == "goodbye":
            self.goodbye = value
        else:
            raise AssertionError(f"a router does not send {content}")

    def wait(self, what, condition, seconds=20):
        until = time.monotonic() + seconds
        while True:
            self.pump(0.02)
            value = condition()
            if value:
                return value
            assert time.monotonic() < until, f"not within {seconds} s: {what}; refusals {self.refusals}, goodbye {self.goodbye}"

    # --- deliveries ---
    def take_delivery(self, data):
        self.taken[0] += 1
        self.taken[1] += len(data)
        assert self.taken[0] <= self.offered[0] and self.taken[1] <= self.offered[1], "a delivery beyond our credit"
        delivery = Delivery(data)
        self.check_delivery(delivery)
        if delivery.id in self.seen:
            assert self.seen[delivery.id][0] == delivery.digest, "another delivery under a known id"
        else:
            self.seen[delivery.id] = (delivery.digest, self.receipt(delivery))
            self.deliveries.append(delivery)
            if delivery.header.kind == kind("RESEAL_REQUEST") and self.reseals:
                self.waiting.append(self.reseal(delivery).bytes)
        if self.receipts:
            self.waiting.append(self.seen[delivery.id][1].bytes)
        self.offered = (self.offered[0] + 1, self.offered[1] + len(data))
        self.send(credit=session.Credit(messages=self.offered[0], bytes=self.offered[1]))

    def check_delivery(self, d):
        """Section 10 of proto/README.md, as an agency."""
        h = d.header
        router = self.public_keys["router"].get(d.envelope.signature.key_id)
        assert router is not None, "a delivery by a key that is no router's"
        assert wire.signature_holds(router, d.envelope.header, d.envelope.signature), "the router's signature does not hold"
        assert (h.protocol, h.sender, h.recipient) == (1, "router", self.code), (h.protocol, h.sender, h.recipient)
        assert h.kind in (kind("TASK"), kind("INFORM"), kind("CANCEL"), kind("RESEAL_REQUEST")) and h.sequence
        assert len(h.parts) == len(d.envelope.parts)
        for descriptor, part in zip(h.parts, d.envelope.parts):
            assert descriptor.size == len(part.content) and descriptor.digest == wire.sha256(part.content)
            plain = self.identity.open(part.content) if descriptor.sealed and self.is_ours(descriptor) else part.salt + part.content
            if not descriptor.sealed or self.is_ours(descriptor):
                assert descriptor.salted_digest == wire.sha256(plain)
            d.plain.append(plain[16:])
            if part.HasField("author"):
                self.check_author(h, descriptor, part.author)

    def is_ours(self, descriptor):
        own = x509.load_pem_x509_certificate((self.identity.folder / "encrypt.pem").read_bytes())
        return wire.key_id(own.public_key()) in descriptor.recipients

    def check_author(self, h, descriptor, author):
        header = envelope.Header.FromString(author.header)
        assert header.dossier_id == h.dossier_id, "a part of another dossier"
        own = envelope.PartDescriptor.FromString(descriptor.SerializeToString())
        own.ClearField("item")   # the carrier's word: which of several
        assert [own] == [p for p in header.parts if p.name == descriptor.name], "its author described it otherwise"
        key = self.public_keys[header.sender].get(author.signature.key_id)
        assert key is not None and wire.signature_holds(key, author.header, author.signature), "the author's signature does not hold"

    def delivery(self, operation, dossier=None, seconds=30):
        """The newest delivery of OPERATION (of DOSSIER), once it has come."""
        wanted = uuid.UUID(str(dossier)) if dossier else None

        def find():
            return next((d for d in reversed(self.deliveries) if d.type == operation and wanted in (None, d.dossier)), None)
        return self.wait(f"delivery of {operation}", find, seconds)

    # --- messages ---
    def now_us(self):
        return int((time.time() + clock_offset(self.world)) * 1_000_000)

    def make(self, kind_name, dossier, change_header=None, change_envelope=None, sign=None, parts=(), facts=None, seal=True, **fields):
        """A message signed by our key. CHANGE_HEADER(header) before and CHANGE_ENVELOPE(envelope) after it is signed make it
        wrong. PARTS: (name, message, roles). FACTS: name to text, int, bool or Value."""
        header = envelope.Header(protocol=1, message_id=wire.uuid_v7(int(time.time() * 1000), os.urandom(10)),
                                 dossier_id=uuid.UUID(str(dossier)).bytes, sender=self.code, recipient="router",
                                 kind=kind(kind_name), happened_us=self.now_us(), **fields)
        wanted = self.wanted(kind_name, fields) if parts and seal else []
        described = [self.describe(name, content, roles, wanted if seal else []) for name, content, roles in parts]
        header.parts.extend(d for d, _ in described)
        header.facts.extend(self.fact(name, value) for name, value in (facts or {}).items())
        if change_header:
            change_header(header)
        data = header.SerializeToString()
        return self.signed(header, data, [p for _, p in described], change_envelope, sign)

    def wanted(self, kind_name, fields):
        """What is wanted of the parts of a message: tasks that came say it, and a router of a message of our own."""
        if kind_name not in ("SUBMISSION", "EVENT") or not self.welcome:
            return [w for d in self.deliveries for w in d.header.returns]
        self.asked += 1
        self.send(ask=session.Ask(id=self.asked, wanted=session.AskWanted(procedure=fields["purpose"].procedure, type=fields.get("type", ""))))
        return self.wait("what is wanted", lambda: self.told.pop(self.asked, None)).wanted.parts

    def describe(self, name, content, roles, wanted):
        """Sealed when it is wanted so."""
        plain, salt = content.SerializeToString(), os.urandom(16)
        descriptor, part = wire.describe(name, content.DESCRIPTOR.full_name, plain, salt, roles)
        wanted = next((w for w in wanted if w.name == name and w.sealed), None)
        if wanted:
            part.content, part.salt = self.identity.seal(salt + plain, self.readers(wanted)), b""
            descriptor.sealed, descriptor.size, descriptor.digest = True, len(part.content), wire.sha256(part.content)
            descriptor.recipients.extend(self.readers(wanted))
        return descriptor, part

    def signed(self, header, header_bytes, parts=(), change_envelope=None, sign=None):
        made = envelope.Envelope(header=header_bytes, parts=parts, signature=wire.sign_batch(sign or self.identity.sign, [header_bytes])[0])
        if change_envelope:
            change_envelope(made)
        return Message(header, made.SerializeToString())

    @staticmethod
    def fact(name, value):
        if not isinstance(value, envelope.Value):
            value = envelope.Value(yes=value) if isinstance(value, bool) else envelope.Value(decimal=str(value)) \
                if isinstance(value, int) else envelope.Value(text=value)
        return envelope.Fact(name=name, value=value)

    def purpose(self, officer="system"):
        return envelope.Purpose(procedure=PROCEDURE, officer=officer)

    def reply(self, kind_name, delivery, **more):
        fields = dict(reply_to=delivery.id, reply_digest=delivery.digest, type=delivery.type)
        if delivery.header.step_id:
            fields["step_id"] = delivery.header.step_id
        fields.update(more)
        return self.make(kind_name, delivery.dossier, **fields)

    def reseal(self, delivery):
        """Section 7 of proto/README.md: what we wrote, the same text under the same salt, to those who are to read it now."""
        (was,), (part,), (wanted,) = delivery.header.parts, delivery.envelope.parts, delivery.header.returns
        author = envelope.Header.FromString(part.author.header)
        assert author.sender == self.code and was.name == wanted.name and was.sealed, "not ours to seal"
        content = self.identity.seal(self.identity.open(part.content), self.readers(wanted))
        sealed = envelope.PartDescriptor.FromString(was.SerializeToString())
        sealed.ClearField("recipients")
        sealed.recipients.extend(self.readers(wanted))
        sealed.size, sealed.digest = len(content), wire.sha256(content)
        header = envelope.Header(protocol=1, message_id=wire.uuid_v7(int(time.time() * 1000), os.urandom(10)),
                                 dossier_id=delivery.header.dossier_id, sender=self.code, recipient="router", kind=kind("RESEAL"),
                                 type=delivery.type, happened_us=self.now_us(), reply_to=delivery.id, reply_digest=delivery.digest,
                                 parts=[sealed])
        return self.signed(header, header.SerializeToString(), [envelope.Part(content=content)])

    def readers(self, wanted):
        """Who is wanted, and we ourselves: there may be other readers one day."""
        own = wire.key_id(x509.load_pem_x509_certificate((self.identity.folder / "encrypt.pem").read_bytes()).public_key())
        return list(dict.fromkeys([*wanted.keys, own]))

    def receipt(self, delivery):
        return self.reply("RECEIPT", delivery)

    def answer(self, delivery, **more):
        return self.reply("ANSWER", delivery, **{"purpose": self.purpose(), **more})

    def event(self, dossier, name, **more):
        return self.make("EVENT", dossier, type=name, **{"purpose": self.purpose(), **more})

    def submission(self, key=None, procedure=PROCEDURE, **more):
        key = key or uuid.uuid4().hex
        opening = envelope.Opening(procedure=procedure, idempotency_key=key, channel=2)
        dossier = uuid.UUID(bytes=wire.dossier_id(self.now_us() // 1000, self.code, key))
        return self.make("SUBMISSION", dossier, type="submission", opening=opening,
                         **{"purpose": envelope.Purpose(procedure=procedure, officer="system"), **more})

    # --- what becomes of them ---
    def exchange(self, data, message_id=None, seconds=15):
        """Submits DATA (a Message, or bytes that are none) and waits for its Fate."""
        if isinstance(data, Message):
            message_id, data = data.id, data.bytes
        self.acknowledged.discard(message_id)
        self.wait("credit", lambda: self.ended or self.may_send(len(data)), seconds)
        before = len(self.refusals)
        self.send_envelope(data)
        return self.wait("an answer to the message", lambda: self.fate(message_id, before), seconds)

    def fate(self, message_id, refusals_before=0):
        if message_id and message_id in self.acknowledged:
            return Fate("ACKNOWLEDGED")
        for refusal in self.refusals[refusals_before:]:
            if message_id is None or refusal.message_id in (b"", message_id):
                return Fate(code_name(refusal.code), refusal.text, refusal.retryable)
        if self.goodbye is not None:
            return Fate(code_name(self.goodbye.code), self.goodbye.text, session_ended=True)
        return None

    def farewell(self, seconds=15):
        """The Fate of a session that the router ends."""
        self.wait("the session's end", lambda: self.ended, seconds)
        self.pump(0.1)
        return self.fate(b"\0") or Fate("DISCONNECTED", session_ended=True)

    def alive(self, seconds=15):
        """A ping comes back."""
        before = self.pongs
        self.send(ping=session.Ping(nonce=before + 1))
        self.wait("a pong", lambda: self.pongs > before, seconds)
