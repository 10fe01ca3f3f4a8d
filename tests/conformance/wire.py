"""The wire contract written a second time, from proto/README.md alone: it shares no code with the C programs."""
import datetime
import functools
import hashlib
import importlib
import pathlib
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier
from google.protobuf import message

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = pathlib.Path(__file__).resolve().parent / "vectors"
ENVELOPE_TYPE = b"lienthong/v1/envelope"
RECEIPT_TYPE = b"lienthong/v1/receipt"
COMMAND_TYPE = b"lienthong/v1/command"
RESEAL_TYPE = b"lienthong/v1/reseal"
BLOCK_TYPE = b"lienthong/v1/block"
SESSION_TYPE = b"lienthong/v1/session"
LEAF_TYPES = {5: RECEIPT_TYPE, 9: COMMAND_TYPE, 11: RESEAL_TYPE}  # by Header.kind; of all others it is the envelope's
BATCH_TYPE = b"lienthong/v1/batch"
_compiled = tempfile.TemporaryDirectory(prefix="lt-proto-")


def compiled(name):
    """The module that protoc makes of lienthong/v1/NAME.proto, in a folder that lives as long as the process."""
    if _compiled.name not in sys.path:
        protos = sorted(str(p) for p in (ROOT / "proto/lienthong/v1").glob("*.proto"))
        subprocess.run(["protoc", f"--proto_path={ROOT / 'proto'}", f"--python_out={_compiled.name}", *protos],
                       check=True)
        sys.path.insert(0, _compiled.name)
    return importlib.import_module(f"lienthong.v1.{name}_pb2")


def sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def pae(kind, body):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


def leaf_type(header):
    try:
        return LEAF_TYPES.get(compiled("envelope").Header.FromString(header).kind, ENVELOPE_TYPE)
    except message.DecodeError:
        return ENVELOPE_TYPE  # tests sign what is no header, too


def leaf(header, kind=None):
    return sha256(b"\0", pae(kind or leaf_type(header), header))


def node(left, right):
    return sha256(b"\1", left, right)


def split(count):
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def path(leaves, index):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return path(leaves[:k], index) + [root(leaves[k:])]
    return path(leaves[k:], index - k) + [root(leaves[:k])]


def root_from_path(start, index, count, hashes_upwards):
    """Recursive on purpose: not the loop that the C code has."""
    if count == 1:
        if hashes_upwards:
            raise ValueError("the path is too long")
        return start
    if not hashes_upwards:
        raise ValueError("the path is too short")
    k = split(count)
    below, sibling = hashes_upwards[:-1], hashes_upwards[-1]
    if index < k:
        return node(root_from_path(start, index, k, below), sibling)
    return node(sibling, root_from_path(start, index - k, count - k, below))


@functools.lru_cache(maxsize=None)  # reading an RSA key checks its primes each time
def load_key(name):
    return serialization.load_pem_private_key((VECTORS / f"{name}.key").read_bytes(), None)


def key_id(key):
    public = key.public_key() if hasattr(key, "public_key") else key
    return sha256(public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def sign(key, data):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256()))
    return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def matches(public, value, data):
    try:
        if isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(value, data)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(value, data, ec.ECDSA(hashes.SHA256()))
        elif isinstance(public, rsa.RSAPublicKey):
            public.verify(value, data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def sign_batch(key, headers, kind=None):
    """One Signature message for each header. KIND: a type for all leaves, whatever their headers say."""
    envelope = compiled("envelope")
    leaves = [leaf(h, kind) for h in headers]
    value = sign(key, pae(BATCH_TYPE, root(leaves)))
    return [envelope.Signature(key_id=key_id(key), value=value, leaf_index=i, leaf_count=len(leaves),
                               path=path(leaves, i)) for i in range(len(leaves))]


def signature_holds(public, header, signature):
    try:
        top = root_from_path(leaf(header), signature.leaf_index, signature.leaf_count, list(signature.path))
    except ValueError:
        return False
    return signature.key_id == key_id(public) and matches(public, signature.value, pae(BATCH_TYPE, top))


def session_statement(agency, router_curve, own_curve, session, at_us):
    """What a hello proves: the CURVE keys as 32 bytes each."""
    return agency.encode() + b"\0" + router_curve + own_curve + session + at_us.to_bytes(8, "big")


def prove_session(key, agency, router_curve, own_curve, session, at_us, kind=SESSION_TYPE):
    """The fields of a Hello that prove it."""
    statement = session_statement(agency, router_curve, own_curve, session, at_us)
    return {"at_us": at_us, "key_id": key_id(key), "signature": sign(key, pae(kind, statement))}


def uuid_shape(version, data):
    data = bytearray(data)
    data[6] = version << 4 | data[6] & 0x0f
    data[8] = 0x80 | data[8] & 0x3f
    return bytes(data)


def uuid_v7(ms, tail):
    return uuid_shape(7, ms.to_bytes(6, "big") + tail)


def dossier_id(ms, agency, key):
    return uuid_shape(8, ms.to_bytes(6, "big") + sha256(agency.encode(), b"\0", key.encode())[:10])


def step_id(dossier, position):
    return uuid_shape(8, sha256(b"step", dossier, position.to_bytes(4, "big"))[:16])


def describe(name, kind, content, salt, roles=()):
    """A part of the sender's own and its descriptor."""
    envelope = compiled("envelope")
    descriptor = envelope.PartDescriptor(name=name, type=kind, roles=roles, digest=sha256(content),
                                         salted_digest=sha256(salt, content), size=len(content))
    return descriptor, envelope.Part(content=content, salt=salt)


def certificate_of(key, agency):
    """What `lt keys issue` would give AGENCY, self-made: the tool that reads it looks at key and agency only."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test vector"),
                      x509.NameAttribute(ObjectIdentifier("2.5.4.97"), agency)])
    start = datetime.datetime(2026, 1, 1)
    builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
               .serial_number(1).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=3650)))
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.PEM)
