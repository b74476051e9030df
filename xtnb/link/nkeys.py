"""nkeys: the Ed25519 key pairs that nats-server knows users by.

A seed ("SU…") is the secret, a public key ("U…") the name; both are base32 of a
prefix, 32 bytes and a check sum. A seed never stands in a repr.

Source: the nkeys of NATS.
"""

from __future__ import annotations

import base64
import binascii

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey

from xtnb.errors import InputError

_SEED, _USER = 18 << 3, 20 << 3
_FORM = "the seed of a user, which begins with SU"


class Key:
    """One key pair of a user.

    Attributes:
        public: the public key, "U…".
    """

    __slots__ = ("_signing", "public")

    def __init__(self, secret: bytes) -> None:
        self._signing = SigningKey(secret)
        self.public = _text(bytes([_USER]) + bytes(self._signing.verify_key))

    @classmethod
    def new(cls) -> Key:
        """A fresh pair."""
        return cls(bytes(SigningKey.generate()))

    @classmethod
    def from_seed(cls, seed: str) -> Key:
        """The pair of a seed.

        Raises:
            InputError: it is not the seed of a user; the seed is not repeated.
        """
        try:
            raw = base64.b32decode(seed.strip() + "=" * (-len(seed.strip()) % 8))
            body, told = raw[:-2], int.from_bytes(raw[-2:], "little")
            sound = binascii.crc_hqx(body, 0) == told and len(body) == 34
            if not sound or (body[0], body[1]) != _prefixes():
                raise InputError("seed", "…", _FORM)
            return cls(body[2:])
        except (ValueError, IndexError, CryptoError) as wrong:
            raise InputError("seed", "…", _FORM) from wrong

    @property
    def seed(self) -> str:
        """The secret, "SU…": for a file that only its owner reads."""
        return _text(bytes(_prefixes()) + bytes(self._signing))

    def sign(self, nonce: bytes) -> str:
        """The signature of what a server wants signed, as CONNECT carries it."""
        signature = self._signing.sign(nonce).signature
        return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()

    def __repr__(self) -> str:
        return f"<Key {self.public[:5]}…>"


def _prefixes() -> tuple[int, int]:
    return _SEED | (_USER >> 5), (_USER & 31) << 3


def _text(body: bytes) -> str:
    check = binascii.crc_hqx(body, 0).to_bytes(2, "little")
    return base64.b32encode(body + check).rstrip(b"=").decode()
