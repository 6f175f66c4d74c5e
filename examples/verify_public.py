#!/usr/bin/env python3
"""Checks a result of greenzone with other people's libraries, and none of greenzone's code:

    pip install cryptography==50.0.2 rfc8785==0.1.4
    python3 examples/verify_public.py result.public.json [THUMBPRINT]

The signature is a detached JWS (RFC 7515, appendix F) over the canonical form (RFC 8785) of
the manifest, which holds the SHA-256 of every part. Whole results are checked in the same
way; their ranks are computed again by `greenzone verify`.
"""

import base64
import hashlib
import json
import sys

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def name(board):
    return "/".join([board["kind"], board["track"]] + ([board["by"]] if board["by"] != "points" else []))


def verify(text, thumbprint=None):
    """Raises where something is not as it was signed; gives the thumbprint of the key."""
    result = json.loads(text)
    manifest, sums = result["manifest"], result["manifest"]["sha256"]

    header, payload, signature = result["signature"].split(".")
    head = json.loads(decode(header))
    assert payload == "" and head["alg"] == "EdDSA" and head["typ"] == manifest["format"], "the head of the signature"
    jwk = {member: head["jwk"][member] for member in ("crv", "kty", "x")}
    key = encode(hashlib.sha256(rfc8785.dumps(jwk)).digest())
    assert thumbprint in (None, key), f"signed by another key: {key}"
    signed = f"{header}.{encode(rfc8785.dumps(manifest))}"
    Ed25519PublicKey.from_public_bytes(decode(jwk["x"])).verify(decode(signature), signed.encode())

    def check(part, data, expected):
        assert hashlib.sha256(data).hexdigest() == expected, f"{part} was changed"

    for part in sums.keys() - {"boards", "inputs"}:
        check(part, rfc8785.dumps(result[part]), sums[part])
    boards = {name(board): board for board in result["boards"]}
    assert boards.keys() == sums["boards"].keys() and len(boards) == len(result["boards"]), "boards are missing or more"
    for part, board in boards.items():
        check(f"boards/{part}", rfc8785.dumps(board), sums["boards"][part])
    assert result.get("inputs", {}).keys() == sums.get("inputs", {}).keys(), "inputs are missing or more"
    for part, file in result.get("inputs", {}).items():
        check(f"inputs/{part}", file.encode(), sums["inputs"][part]["sha256"])
    assert rfc8785.dumps(result) == text.encode(), "the file is not in its canonical form"
    return key


if __name__ == "__main__":
    try:
        with open(sys.argv[1], encoding="utf-8", newline="") as file:
            print("everything holds; signed by", verify(file.read(), *sys.argv[2:3]))
    except InvalidSignature:
        sys.exit("the manifest or its signature was changed")
    except (AssertionError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"not as it was signed: {error}")
