"""What a secret says, at the only place where it may be read."""

from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    pass


def open_secret(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
