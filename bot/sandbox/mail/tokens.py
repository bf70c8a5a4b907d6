"""The token endpoint of a mail provider that takes no passwords (RFC 6749), and the access tokens it gave out."""

from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any

CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN = "sandbox-app", "sandbox-app-secret", "sandbox-refresh-0"

Json = dict[str, Any]


@dataclass(slots=True)
class TokenOffice:
    """Knows one app and one person's refresh token. With `rotates` every use of that brings a new one."""

    rotates: bool = False
    lasts: float = 3600.0
    refresh_lasts: float | None = None
    refresh_token: str = REFRESH_TOKEN
    given: dict[str, float] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def is_good(self, token: str) -> bool:
        """Whether a server should let this token in."""
        return self.given.get(token, 0.0) > monotonic()

    def revoke(self) -> None:
        """Nothing given out so far is good any more."""
        self.given.clear()
        self.refresh_token = f"sandbox-refresh-{next(self._numbers)}"

    def answer(self, form: Json) -> tuple[int, Json]:
        """The status and body for one request."""
        grant = str(form.get("grant_type"))
        self.asked.append(grant)
        if form.get("client_id") != CLIENT_ID or form.get("client_secret", CLIENT_SECRET) != CLIENT_SECRET:
            return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
        if grant == "refresh_token":
            if form.get("refresh_token") != self.refresh_token:
                return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        elif grant != "client_credentials" or "client_secret" not in form:
            return 400, {"error": "unsupported_grant_type", "error_description": f"{grant} is not supported here."}
        return 200, self._give(grant)

    def _give(self, grant: str) -> Json:
        token = f"sandbox-access-{next(self._numbers)}"
        self.given[token] = monotonic() + self.lasts
        given: Json = {"access_token": token, "token_type": "Bearer", "expires_in": int(self.lasts)}
        if grant == "refresh_token" and self.refresh_lasts is not None:
            given["refresh_token_expires_in"] = int(self.refresh_lasts)
        if grant == "refresh_token" and self.rotates:
            self.refresh_token = given["refresh_token"] = f"sandbox-refresh-{next(self._numbers)}"
        return given


def read_xoauth2(response: str, office: TokenOffice) -> str | None:
    """The user of a SASL XOAUTH2 response whose token is good; None for any other."""
    fields = dict(part.partition("=")[::2] for part in response.split("\x01") if part)
    scheme, _, token = fields.get("auth", "").partition(" ")
    return fields.get("user") if scheme.lower() == "bearer" and office.is_good(token) else None


REFUSED = b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}'
"""What a server says, before its NO, to a token it does not take."""
