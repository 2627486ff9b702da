"""Public keys of customers' sites as PEM: which algorithm each stands for, and why one cannot be taken."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from desk.administration.checking import Check

LEAST_RSA_BITS = 2048
MOST_SIGNS = 8_000


def read(check: Check, field: str, text: str) -> tuple[str, str]:
    """Algorithm and PEM of the key as entered; a certificate stands for its key."""
    pem = text.strip()
    if "PRIVATE KEY" in pem:
        check.refuse(
            field,
            "This is a private key: whoever has it can sign for this site. Keep it secret, or better make a new one, "
            "and enter the public one: openssl pkey -in key.pem -pubout",
        )
        return "", ""
    try:
        if len(pem) > MOST_SIGNS:
            raise ValueError
        encoded = pem.encode("ascii")
        key = (
            load_pem_x509_certificate(encoded).public_key() if "BEGIN CERTIFICATE" in pem
            else load_pem_public_key(encoded)
        )  # fmt: skip
    except (ValueError, UnsupportedAlgorithm):
        check.refuse(field, "This is no public key in PEM: it begins with -----BEGIN PUBLIC KEY-----")
        return "", ""
    algorithm = _algorithm(check, field, key)
    return algorithm, key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() if algorithm else ""


def _algorithm(check: Check, field: str, key: object) -> str:
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "EdDSA"
    elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return "ES256"
    elif isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return "RS256"
    elif isinstance(key, rsa.RSAPublicKey):
        check.refuse(
            field, "This RSA key has {bits} bits. At least {least} are needed.", bits=key.key_size, least=LEAST_RSA_BITS
        )
    else:
        check.refuse(field, "A key of this kind is not taken. Use RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA).")
    return ""
