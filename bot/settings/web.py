"""The one HTTP port and what is served there: health, other programs' agents, the console."""

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator

from bot.settings.section import Names, Section, split

THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

Rights = Annotated[tuple[Literal["read", "note", "escalate"], ...], BeforeValidator(split)]


class AgentSettings(Section):
    """One other program that may look at tickets by MCP, at /mcp of the HTTP port."""

    token: SecretStr = Field(min_length=24, description="what it sends as Authorization: Bearer; long and random")
    may: Rights = Field(("read",), description="read (search and read), note (internal), escalate")


class HttpSettings(Section):
    """The one HTTP port: health, and Slack's requests in http mode. Port 0: any free one."""

    host: str = Field("127.0.0.1", description="the address it listens on; 0.0.0.0: every one")
    port: int = Field(8080, description="0: any free one, printed at start")
    probe_port: int | None = Field(
        None, description="where a process without the web answers /livez and /readyz for its keeper (containers)"
    )
    agents: Mapping[str, AgentSettings] = Field(default_factory=dict, description="by a name of yours; empty: no /mcp")


def console_place(url: str) -> str:
    """The address without its last slash. ValueError unless it is scheme, host and port alone, and safe to use."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("expected https://HOST, such as https://desk.example.com")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("expected the host alone: the console is always at /console below it")
    if parts.scheme == "http" and parts.hostname not in THIS_MACHINE:
        raise ValueError("expected https://: a password-free login must not cross a network in the clear")
    usual = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"


class ConsoleSettings(Section):
    """The web console at /console, behind a login. Without `public_url` it is served to this machine only."""

    public_url: str | None = Field(
        None, description="https://desk.example.com, as browsers reach it; None: only from this machine"
    )
    people: Names = Field((), description="users (U…) and user groups (S…) that may look; approvers always may")
    session_hours: float = Field(12.0, gt=0, le=24 * 30, description="after so long everybody signs in again")

    @field_validator("public_url")
    @classmethod
    def _only_a_place(cls, url: str | None) -> str | None:
        return None if url is None else console_place(url)
