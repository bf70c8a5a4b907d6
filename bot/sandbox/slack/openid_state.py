"""What Sign in with Slack has given out: codes, tokens, and the key they are signed with."""

import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa


@dataclass(slots=True)
class Grant:
    """What one person allowed: whom, to come back where, and the nonce of the page that asked."""

    user: str
    redirect_uri: str
    nonce: str
    scopes: list[str]
    born: float = field(default_factory=time.monotonic)
    used: bool = False


class SignIns:
    """Codes and access tokens that were given out, and the key that signs."""

    def __init__(self) -> None:
        self.codes: dict[str, Grant] = {}
        self.tokens: dict[str, str] = {}
        self._key: rsa.RSAPrivateKey | None = None

    @property
    def key(self) -> rsa.RSAPrivateKey:
        """Made when it is first needed: most sandboxes sign nothing."""
        if self._key is None:
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._key

    def forget(self) -> None:
        self.codes.clear()
        self.tokens.clear()
