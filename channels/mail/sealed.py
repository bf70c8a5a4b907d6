"""Secrets that the program keeps in files of its own are sealed with a key made from one the operator keeps."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MARK = "sealed:1:"
PURPOSE = b"helpdesk: a file that keeps a secret"


class WrongKey(ValueError):
    """The file was sealed with another key, or was changed."""


def seal(text: str, key: str) -> str:
    """The text as it may lie on a disk; the same text looks different every time. `key` "": left as it is."""
    return MARK + _fernet(key).encrypt(text.encode()).decode("ascii") if key else text


def unseal(text: str, key: str) -> str:
    """What was sealed; a text that is not sealed is itself: an operator has just put it there. Raises WrongKey."""
    if not text.startswith(MARK):
        return text
    try:
        return _fernet(key).decrypt(text.removeprefix(MARK)).decode()
    except InvalidToken as error:
        raise WrongKey("it was sealed with another mail.secret, or changed since") from error


def _fernet(key: str) -> Fernet:
    """HKDF (RFC 5869): the key of one purpose says nothing about the secret it came from."""
    made = HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(made))
