"""The vectors of everything that is signed: fixed keys, fixed bytes. `python3 signatures.py --write` makes them anew into
vectors/signatures.json; what stands there of random algorithms (ECDSA, RSA-PSS) is kept as long as it verifies."""
import json
import sys

import examples
import wire

FILE = wire.VECTORS / "signatures.json"
KEYS = ("p256", "ed25519", "rsa2048", "rsa3072")
SIZES = (1, 2, 3, 5, 256)


def statements():
    """Type to the bytes that are signed as it: leaves are headers, the others are signed alone."""
    return {
        "lienthong/v1/envelope": examples.event_header(1)[0],
        "lienthong/v1/receipt": examples.receipt_header(examples.task_header()),
        "lienthong/v1/command": command_header(),
        "lienthong/v1/reseal": b"a part's re-seal; its header is specified with kind 11",
        "lienthong/v1/batch": wire.sha256(b"a root"),
        "lienthong/v1/block": wire.sha256(b"a block"),
        "lienthong/v1/session": wire.session_statement(examples.AGENCY, bytes([0x11]) * 32, bytes([0x22]) * 32, examples.SESSION,
                                                       examples.HAPPENED_US),
    }


LEAVES = ("lienthong/v1/envelope", "lienthong/v1/receipt", "lienthong/v1/command", "lienthong/v1/reseal")


def command_header():
    module = wire.compiled("envelope")
    header = module.Header.FromString(examples.event_header(9)[0])
    header.kind, header.type = module.MESSAGE_KIND_COMMAND, "dossier.retry"
    del header.parts[:]
    del header.facts[:]
    return header.SerializeToString()


def batch_leaves(size):
    """The type and the header of each: events, every third one a receipt."""
    for number in range(size):
        header = examples.event_header(number + 1)[0]
        yield (wire.RECEIPT_TYPE, examples.receipt_header(header)) if number % 3 == 2 else (wire.ENVELOPE_TYPE, header)


def value_of(known, name, key_name, data):
    key = wire.load_key(key_name)
    value = bytes.fromhex(known.get(name, {}).get(key_name, ""))
    return (value if value and wire.matches(key.public_key(), value, data) else wire.sign(key, data)).hex()


def alone(known):
    for kind, body in statements().items():
        signed = wire.pae(wire.BATCH_TYPE, wire.leaf(body, kind.encode())) if kind in LEAVES else wire.pae(kind.encode(), body)
        values = {key: value_of(known, kind, key, signed) for key in KEYS}
        yield {"type": kind, "body": body.hex(), "leaf": kind in LEAVES, "signed": signed.hex(), "values": values}


def batches(known):
    for size in SIZES:
        leaves = [wire.leaf(header, kind) for kind, header in batch_leaves(size)]
        signed = wire.pae(wire.BATCH_TYPE, wire.root(leaves))
        shown = sorted({0, 1, size // 2, size - 1} & set(range(size)))
        yield {"size": size, "root": wire.root(leaves).hex(), "leaves": wire.sha256(*leaves).hex(), "signed": signed.hex(),
               "values": {key: value_of(known, str(size), key, signed) for key in KEYS},
               "messages": [{"index": i, "type": list(batch_leaves(size))[i][0].decode(),
                             "header": list(batch_leaves(size))[i][1].hex(), "leaf": leaves[i].hex(),
                             "path": [h.hex() for h in wire.path(leaves, i)]} for i in shown]}


def made(known):
    lone = {v["type"]: v["values"] for v in known.get("alone", [])}
    shared = {str(v["size"]): v["values"] for v in known.get("batches", [])}
    return {"keys": {key: wire.key_id(wire.load_key(key)).hex() for key in KEYS}, "alone": list(alone(lone)),
            "batches": list(batches(shared))}


def known():
    return json.loads(FILE.read_text()) if FILE.exists() else {}


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(json.dumps(made(known()), indent=1) + "\n")
    else:
        sys.exit(__doc__)
