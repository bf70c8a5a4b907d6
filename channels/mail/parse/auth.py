"""Authentication-Results (RFC 8601) of servers we trust, and whether they prove the one From domain."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

# Microsoft 365 writes no authserv-id; it is trusted by this name, and only on the very first such header.
MICROSOFT = "protection.outlook.com"
METHOD = re.compile(r"^\s*([\w-]+)(?:/\d+)?\s*=\s*([\w-]+)", re.ASCII)
PROPERTY = re.compile(
    r"([\w-]+)\.([\w-]+)\s*=\s*(\"[^\"]*\"|[^\s;]+)|\b(reason|action|compauth)\s*=\s*(\"[^\"]*\"|[^\s;]+)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Result:
    """One method's verdict, such as dkim=pass header.d=example.com."""

    method: str
    result: str
    properties: dict[str, str] = field(default_factory=dict)


def read_auth(
    headers: Iterable[tuple[str, str]], trusted_authserv_ids: Collection[str], from_domain: str, *, from_is_single: bool
) -> dict[str, Any]:
    """What trusted servers found out, {} when none did. `aligned` is True only for DMARC proof of the single From.

    Of trusted headers only the topmost run counts, up to the Received line below it: what the border wrote stands
    above what the sender could write.
    """
    trusted = {one.strip().lower() for one in trusted_authserv_ids}
    authserv_id, results = _trusted_results(headers, trusted)
    if not authserv_id:
        return {}
    by_method: dict[str, list[Result]] = {}
    for result in results:
        by_method.setdefault(result.method, []).append(result)
    aligned = from_is_single and bool(from_domain) and _is_aligned(by_method, from_domain.lower())
    return {
        "authserv_id": authserv_id,
        "from_domain": from_domain.lower(),
        "aligned": aligned,
        **{method: _verdict(by_method.get(method, [])) for method in ("spf", "dkim", "dmarc", "arc")},
        "dkim_domains": sorted({_domain(one) for one in by_method.get("dkim", []) if one.result == "pass"} - {""}),
    }


def _trusted_results(headers: Iterable[tuple[str, str]], trusted: Collection[str]) -> tuple[str, list[Result]]:
    authserv_id, results, first = "", [], True
    for name, value in headers:
        if name == "received" and authserv_id:
            break
        if name != "authentication-results":
            continue
        server, found = parse_results(value)
        if not server and first and any(one.endswith(MICROSOFT) or one == "microsoft" for one in trusted):
            server = MICROSOFT
        first = False
        if server and (server in trusted or server == MICROSOFT) and authserv_id in ("", server):
            authserv_id = server
            results.extend(found)
    return authserv_id, results


def parse_results(value: str) -> tuple[str, list[Result]]:
    """The authserv-id ("" when there is none) and the results of one header value."""
    plain = _without_comments(value[:20_000])
    head, *rest = plain.split(";")
    if METHOD.match(head):
        server, rest = "", [head, *rest]
    else:
        server = (head.split() or [""])[0].strip('"').lower()
    return server, [result for piece in rest[:100] if (result := _result(piece)) is not None]


def _result(piece: str) -> Result | None:
    match = METHOD.match(piece)
    if not match:
        return None
    properties: dict[str, str] = {}
    for kind, name, value, word, word_value in PROPERTY.findall(piece[match.end() :]):
        key = f"{kind}.{name}" if kind else word
        properties.setdefault(key.lower(), (value or word_value).strip('"').lower())
    return Result(match[1].lower(), match[2].lower(), properties)


def _without_comments(text: str) -> str:
    out: list[str] = []
    depth, quoted = 0, False
    for character in text:
        if character == '"' and depth == 0:
            quoted = not quoted
        if character == "(" and not quoted:
            depth += 1
        if depth == 0:
            # Inside a string nothing may look like the start of another result.
            out.append("," if quoted and character == ";" else character)
        if character == ")" and not quoted and depth:
            depth -= 1
    return "".join(out)


def _verdict(results: list[Result]) -> str:
    """The best verdict of a method: one good signature proves, whatever the others say."""
    verdicts = [one.result for one in results]
    return "pass" if "pass" in verdicts else next(iter(verdicts), "none")


def _domain(result: Result) -> str:
    value = result.properties.get("header.d") or result.properties.get("header.i", "")
    return value.rpartition("@")[2].strip(".")


def _is_aligned(by_method: dict[str, list[Result]], from_domain: str) -> bool:
    dmarc = by_method.get("dmarc", [])
    if any(one.result == "pass" for one in dmarc):
        shown = [
            one.properties.get("header.from", from_domain).rpartition("@")[2] for one in dmarc if one.result == "pass"
        ]
        return all(domain == from_domain for domain in shown)
    if any(one.result in ("fail", "temperror", "permerror") for one in dmarc):
        return False
    signers = [_domain(one) for one in by_method.get("dkim", []) if one.result == "pass"]
    return any(signer == from_domain or _is_parent(signer, from_domain) for signer in signers)


def _is_parent(signer: str, domain: str) -> bool:
    """Relaxed alignment without a list of public suffixes: only a parent with a name of its own counts."""
    return signer.count(".") >= 1 and len(signer.split(".")[-2]) > 3 and domain.endswith(f".{signer}")
