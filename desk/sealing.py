"""Secrets at rest, and signatures of our own, both from the keys that the environment gives."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Sealer:
    """Seals with the first key, opens with any: keys are rotated by putting a new one first."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: url-safe base64 of 32 bytes each (`Sealer.new_key()`). Raises ValueError for anything else."""
        if not keys:
            raise ValueError("There is no secret key.")
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._signing = [hashlib.sha256(b"vipdesk signs links\n" + key.encode()).digest() for key in keys]

    @staticmethod
    def new_key() -> str:
        """A fresh key."""
        return Fernet.generate_key().decode()

    def seal(self, secret: bytes) -> bytes:
        """What may be written down."""
        return self._fernet.encrypt(secret)

    def unseal(self, sealed: bytes) -> bytes:
        """The secret. Raises ValueError when none of the keys fits."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise ValueError("A secret was sealed with a key that is not here any more.") from error

    def opens(self, sealed: bytes) -> bool:
        """Whether one of the keys fits."""
        try:
            self.unseal(sealed)
        except ValueError:
            return False
        return True

    def sign(self, text: str) -> str:
        """A signature (hex) that only this desk can make."""
        return hmac.new(self._signing[0], text.encode(), hashlib.sha256).hexdigest()

    def short(self, text: str) -> str:
        """A signature that survives mail: 80 bits in small letters and digits (RFC 4648 base32)."""
        return self._short(self._signing[0], text)

    def fits(self, text: str, short: str) -> bool:
        """Whether one of the keys made this short signature, in whichever case it comes back."""
        given = short.lower().encode()
        return any([hmac.compare_digest(self._short(key, text).encode(), given) for key in self._signing])

    @staticmethod
    def _short(key: bytes, text: str) -> str:
        made = hmac.new(key, b"short\n" + text.encode(), hashlib.sha256).digest()[:10]
        return base64.b32encode(made).decode().lower()

    def signed(self, text: str, signature: str) -> bool:
        """Whether one of the keys made it."""
        made = (hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for key in self._signing)
        given = signature.encode()  # strings beyond ASCII cannot be compared
        return any([hmac.compare_digest(each.encode(), given) for each in made])
