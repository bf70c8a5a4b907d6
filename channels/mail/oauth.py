"""Access tokens for providers that refuse passwords, fetched from their token endpoint and kept while they last."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from channels.mail.config import OAuthConfig
from channels.mail.sealed import WrongKey, seal, unseal

_TIMEOUT_SECONDS = 15.0
_SPARE_SECONDS = 60.0  # a token that ends while it is being used is of no use
_LONGEST_WORDS = 500


class NoToken(OSError):
    """The token endpoint gave none; the text is the provider's own. An OSError, because it ends a connection try."""


class Tokens:
    """Access tokens by account. May be used from several threads; calls block for as long as the endpoint takes."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[OAuthConfig, tuple[str, float]] = {}
        self._refresh: dict[OAuthConfig, str] = {}
        self._ends: dict[OAuthConfig, datetime] = {}

    def get(self, oauth: OAuthConfig) -> str:
        """A token that lasts at least another minute. Raises NoToken."""
        with self._lock:
            token, ends = self._kept.get(oauth, ("", 0.0))
            if token and self._clock() < ends:
                return token
            answer = self._ask(oauth)
            token = str(answer["access_token"])
            lasts = float(answer.get("expires_in") or 0)
            self._kept[oauth] = token, self._clock() + lasts - _SPARE_SECONDS
            return token

    def forget(self, oauth: OAuthConfig) -> None:
        """The server refused the token, however long it should have lasted."""
        with self._lock:
            self._kept.pop(oauth, None)

    def ends(self, oauth: OAuthConfig) -> datetime | None:
        """When the right to ask for tokens ends by itself, where the provider has said so; aware UTC."""
        return self._ends.get(oauth)  # without the lock: it is held for as long as an endpoint takes

    def _ask(self, oauth: OAuthConfig) -> dict[str, Any]:
        try:
            answer = httpx.post(oauth.token_url, data=self._form(oauth), timeout=_TIMEOUT_SECONDS)
        except httpx.HTTPError as error:
            raise NoToken(f"{oauth.token_url} was not reached: {error!r}") from error
        found = _json(answer)
        if answer.status_code != 200 or not found.get("access_token"):
            raise NoToken(f"{oauth.token_url} gives no token: {_words(answer, found)}")
        self._note_end(oauth, found.get("refresh_token_expires_in"))
        if new := found.get("refresh_token"):
            self._keep_refresh_token(oauth, str(new))
        return found

    def _note_end(self, oauth: OAuthConfig, seconds: object) -> None:
        """Google says it of rights that were given for a time only, as those of an app in testing: seven days."""
        if isinstance(seconds, int | float) and seconds > 0:
            self._ends[oauth] = datetime.now(UTC) + timedelta(seconds=seconds)
        else:
            self._ends.pop(oauth, None)

    def _form(self, oauth: OAuthConfig) -> dict[str, str]:
        form = {"client_id": oauth.client_id}
        if oauth.client_secret:
            form["client_secret"] = oauth.client_secret
        if oauth.scope:
            form["scope"] = oauth.scope
        refresh_token = self._refresh_token(oauth)
        if refresh_token:
            return form | {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return form | {"grant_type": "client_credentials"}

    def _refresh_token(self, oauth: OAuthConfig) -> str | None:
        if oauth.refresh_token_file is None:
            return self._refresh.get(oauth) or oauth.refresh_token
        with contextlib.suppress(FileNotFoundError):
            return _token_in(Path(oauth.refresh_token_file), oauth.seal_key)
        return oauth.refresh_token

    def _keep_refresh_token(self, oauth: OAuthConfig, new: str) -> None:
        """Before the new one is used: a crash must not leave us with one that has ended."""
        if new == self._refresh_token(oauth):
            return
        self._refresh[oauth] = new
        if oauth.refresh_token_file is not None:
            write_secret(Path(oauth.refresh_token_file), seal(new, oauth.seal_key))


def _token_in(file: Path, key: str) -> str:
    """The token in the file; one that an operator has put there as it is gets sealed. Raises NoToken."""
    kept = file.read_text(encoding="utf-8").strip()
    try:
        token = unseal(kept, key)
    except WrongKey as error:
        raise NoToken(f"{file} cannot be used: {error}; sign in again and write the new token into it") from error
    if key and token == kept:
        with contextlib.suppress(OSError):  # a file we may only read is somebody else's to keep
            write_secret(file, seal(token, key))
    return token


def write_secret(file: Path, text: str) -> None:
    """Replace the file's text in one step; only its owner may read it."""
    beside = file.with_name(f".{file.name}.new")
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(file)


def xoauth2(user: str, token: str) -> str:
    """The SASL XOAUTH2 response, before base64 (Google, "OAuth 2.0 Mechanism")."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _words(answer: httpx.Response, found: dict[str, Any]) -> str:
    """The provider's error and its description (RFC 6749 section 5.2), else what it sent."""
    named = ": ".join(str(found[name]) for name in ("error", "error_description") if found.get(name))
    return (named or f"{answer.status_code} {answer.text}")[:_LONGEST_WORDS]
