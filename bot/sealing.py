"""What arrives is sealed until it is known to hold nothing that may not be kept."""

import os
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.settings import Settings
from channels.base import Unreadable

MARK = b"\0sealed:1:"
NONCE = 12
PURPOSE = b"helpdesk: what arrived"
WRONG = (
    "it was sealed with another secret; set the mail.secret (or slack.signing_secret, slack.app_token) it came under"
)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """The secrets of the doors, the one to seal with first. A desk without any door has none, and seals nothing."""
    kept = (settings.mail.secret, settings.slack.signing_secret, settings.slack.app_token)
    return tuple(secret.get_secret_value() for secret in kept if secret is not None)


def seal(body: bytes, secrets: Sequence[str]) -> bytes:
    """The bytes as they may lie on a disk (AES-256-GCM); without a secret as they are."""
    if not secrets or not body:
        return body
    nonce = os.urandom(NONCE)
    return MARK + nonce + _cipher(secrets[0]).encrypt(nonce, body, MARK)


def opened(body: bytes, secrets: Sequence[str]) -> bytes:
    """What was sealed; bytes that are not sealed are themselves. Raises Unreadable when no secret fits."""
    if not secrets or not body.startswith(MARK):
        return body
    start = len(MARK) + NONCE
    for secret in secrets:
        try:
            return _cipher(secret).decrypt(body[len(MARK) : start], body[start:], MARK)
        except InvalidTag:
            continue
    raise Unreadable(WRONG)


def unsealed(body: bytes, secrets: Sequence[str]) -> bytes:
    """What was sealed, and bytes that cannot be opened as they are: for looking into, where nothing may be missed."""
    try:
        return opened(body, secrets)
    except Unreadable:
        return body


@lru_cache(maxsize=8)
def _cipher(secret: str) -> AESGCM:
    """HKDF (RFC 5869): the key of one purpose says nothing about the secret it came from."""
    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode()))
