"""Verifies a session's folder, given with verifier keys, by docs/reference/log-format.md alone."""

import base64
import hashlib
import itertools
import json
import re
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LINE = re.compile(
    rb'\{"n":(0|[1-9][0-9]{0,18}),"t":(0|[1-9][0-9]{0,18}),"type":"([a-z0-9_.]+)",'
    rb'"c":"([0-9a-f]{64})"(,"s":"([0-9a-f]{32})","d":([^\n]+)|,"e":"([A-Za-z0-9+/]+=*)")?\}'
)
BLOB = re.compile(rb'\{"\$blob":"([0-9a-f]{64})","bytes":([0-9]+)\}')
AFTER_CLOSE = {b"sink_failed", b"store_restored", b"payload_erased"}


def sha256(data):
    return hashlib.sha256(data).digest()


def unbase64(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("another spelling")
    return data


def folder_name(session_id):
    raw = session_id.encode("utf-8", "surrogatepass")
    name = re.sub(rb"[^A-Za-z0-9_-]", lambda byte: b"%%%02x" % ord(byte[0]), raw).decode() or "%"
    if len(name) > 160:
        return f"{name[:80]}~{sha256(raw).hex()}"
    return f"{name}~{sha256(raw).hex()[:16]}" if re.search("[A-Z]", name) else name


def root(leaves):
    if len(leaves) < 2:
        return sha256(b"\x00" + leaves[0]) if leaves else sha256(b"")
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:]))


def signature(line):
    """A signature line as the name of a key, its id, and the signature."""
    dash, name, encoded = line.split(" ")
    data = unbase64(encoded)
    if dash != "\u2014" or not name or re.search(r"[\s+\x00-\x1f]", name) or len(data) <= 4:
        raise ValueError("no signature line")
    return name, data[:4], data[4:]


def signers(text, signatures, keys):
    """The names of the keys that signed the text, none if one that is said to have did not."""
    names = set()
    for key in keys:
        name, _, encoded = key.split("+", 2)
        material = unbase64(encoded)
        key_id = sha256(name.encode() + b"\n" + material)[:4]
        for signed in [signed for *whose, signed in signatures if whose == [name, key_id]]:
            try:
                Ed25519PublicKey.from_public_bytes(material[1:]).verify(signed, text.encode())
            except InvalidSignature:
                return set()
            names.add(name)
    return names


def read_checkpoint(data, keys, folder):
    """The size and the root that are sealed, or the rule that the checkpoint breaks."""
    try:
        text, blank, block = data.decode().rpartition("\n\n")
        *lines, rest = block.split("\n")
        signatures = [signature(line) for line in lines]
        whole = blank and not rest and len(data) <= 1_000_000 and 1 <= len(lines) <= 100
        if not whole or re.search(r"[\x00-\x09\x0b-\x1f]", text):
            return "checkpoint"
        if not (names := signers(f"{text}\n", signatures, keys)):
            return "signature"
        origin, size, encoded, *more = text.split("\n")
        sound = re.fullmatch("0|[1-9][0-9]{0,18}", size) and int(size) < 1 << 63 and "" not in more
        if not sound or origin not in [f"{name}/{folder}" for name in names]:
            return "checkpoint"
        return (int(size), unbase64(encoded)) if len(unbase64(encoded)) == 32 else "checkpoint"
    except ValueError:
        return "checkpoint"


def is_there(folder, name, size, digest):
    file = folder / name
    return file.is_file() and (len(data := file.read_bytes()), sha256(data).hex()) == (size, digest)


def erasures(lines, size):
    """The positions, and the files with their digests, that a sealed log says were erased."""
    told = [LINE.fullmatch(line) for line in lines[:size] if b'"type":"payload_erased"' in line]
    said = [json.loads(match[7]) for match in told if match and match[7] and commits(match)]
    files = {(file["file"], file["sha256"]) for each in said for file in each["files"]}
    return {position for each in said for position in each["positions"]} | files


def commits(match):
    return sha256(match[6] + match[7]).hex().encode() == match[4]


def payload_rules(folder, tag, payload, erased):
    if reference := BLOB.fullmatch(payload):
        digest, size = reference[1].decode(), int(reference[2])
        return set() if is_there(folder, f"blobs/{digest}", size, digest) else {"blob"}
    try:
        value = json.loads(payload)
    except ValueError:
        return {"payload"}
    if tag == b"recording_opened":
        return set() if folder_name(value["session_id"]) == folder.name else {"session"}
    rule = {b"audio_sealed": "audio", b"recording_recovered": "torn"}.get(tag)
    files = [] if rule is None else value.get("torn", [value])
    missed = [f for f in files if (f["file"], f["sha256"]) not in erased]
    return {rule for f in missed if not is_there(folder, f["file"], f["bytes"], f["sha256"])}


def broken_rules(folder, keys):
    """The rules that the session's folder breaks; none if it is sound."""
    broken, leaves, tags = set(), [], []
    *lines, unfinished = (folder / "log.jsonl").read_bytes().split(b"\n")
    file = folder / "checkpoint"
    sealed = read_checkpoint(file.read_bytes(), keys, folder.name) if file.exists() else None
    erased = erasures(lines, sealed[0]) if isinstance(sealed, tuple) else set()
    for number, line in enumerate(lines):
        if not (match := LINE.fullmatch(line)):
            broken.add("format")
            continue
        leaves.append(line[: match.end(4)] + b'"}')
        tags.append((number, match[3]))
        if int(match[1]) != number:
            broken.add("position")
        if match[7] and not commits(match):
            broken.add("commitment")
        elif match[7]:
            broken |= payload_rules(folder, match[3], match[7], erased)
        if match[7] and number in erased:
            broken.add("erased")
    kept = [(number, tag) for number, tag in tags if tag not in AFTER_CLOSE]
    for (_, tag), (_, behind) in itertools.pairwise(kept):
        if tag == b"recording_closed" and behind != b"recording_recovered":
            broken.add("closed")
    closed = bool(kept) and kept[-1][1] == b"recording_closed" and not unfinished
    if not isinstance(sealed, tuple):
        return broken | ({sealed} if sealed else {"checkpoint"} if closed else set())
    if len(lines) < sealed[0]:
        broken.add("size")
    elif len(leaves) == len(lines) and root(leaves[: sealed[0]]) != sealed[1]:
        broken.add("root")
    return broken | ({"unsealed"} if closed and kept[-1][0] >= sealed[0] else set())


if __name__ == "__main__":
    found = broken_rules(Path(sys.argv[1]).absolute(), sys.argv[2:])
    print("\n".join(sorted(found)) or "sound")
    sys.exit(1 if found else 0)
