"""A shop behind your own HTTP API: addresses as templates, only to hosts on a list, never into the own network."""

import asyncio
import json
import socket
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from agents_team.tools.shop import Charge, Customer, Invoice, Order, ShopUnavailable, Subscription
from bot.backends.rows import charge_of, customer_of, invoice_of, order_of, subscription_of

Row = Mapping[str, Any]

ADDRESSES = (
    "customer_by_email", "customer_by_slack", "customer", "orders", "order", "charges", "charge",
    "invoices", "subscriptions",
)  # fmt: skip
WRAPPERS = ("data", "items", "results")


class HttpShop:
    """`addresses` by name (see HttpShopSettings); a name without one finds nothing.

    What is filled into an address is escaped, redirects are not followed, and 404 means "not found". Every
    host is resolved here and the connection goes to exactly the address that was checked.
    """

    def __init__(
        self,
        *,
        addresses: Mapping[str, str],
        hosts: Sequence[str],
        private_hosts: Sequence[str] = (),
        token: str = "",
        timeout_seconds: float = 5.0,
        max_bytes: int = 1_000_000,
        fields: Mapping[str, str] | None = None,
    ):
        for name, address in addresses.items():
            _check_address(name, address, hosts, private_hosts)
        self._addresses = {name: address for name, address in addresses.items() if address}
        self._private = frozenset(private_hosts)
        self._fields = dict(fields or {})
        self._seconds, self._max_bytes = timeout_seconds, max_bytes
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._http = httpx.AsyncClient(
            timeout=timeout_seconds, follow_redirects=False, trust_env=False, headers=headers
        )

    async def find_customer(self, *, email: str | None = None, slack: tuple[str, str] | None = None) -> Customer | None:
        """The single account; None when there is none or more than one."""
        found: list[set[Customer]] = []
        if email is not None:
            rows = await self._rows("customer", "customer_by_email", email=email.strip())
            found.append({c for c in map(customer_of, rows) if c.email.casefold() == email.strip().casefold()})
        if slack is not None:
            rows = await self._rows("customer", "customer_by_slack", team=slack[0], user=slack[1])
            found.append(set(map(customer_of, rows)))
        fits = set.intersection(*found) if found else set()
        return fits.pop() if len(fits) == 1 else None

    async def get_customer(self, customer_id: str) -> Customer | None:
        """The account by id."""
        rows = await self._rows("customer", "customer", customer_id=customer_id)
        return next((found for found in map(customer_of, rows) if found.id == customer_id), None)

    async def list_orders(self, customer_id: str, *, limit: int = 10) -> list[Order]:
        """Newest first."""
        found = [order_of(row) for row in await self._rows("order", "orders", customer_id=customer_id, limit=limit)]
        own = [order for order in found if order.customer_id == customer_id]
        return sorted(own, key=lambda order: order.placed_at, reverse=True)[:limit]

    async def get_order(self, order_id: str, *, customer_id: str) -> Order | None:
        """The order, if it is this customer's."""
        rows = await self._rows("order", "order", order_id=order_id.strip(), customer_id=customer_id)
        return next((order for order in map(order_of, rows) if order.customer_id == customer_id), None)

    async def list_charges(self, customer_id: str, *, limit: int = 20) -> list[Charge]:
        """Newest first."""
        found = [charge_of(row) for row in await self._rows("charge", "charges", customer_id=customer_id, limit=limit)]
        own = [charge for charge in found if charge.customer_id == customer_id]
        return sorted(own, key=lambda charge: charge.created_at, reverse=True)[:limit]

    async def get_charge(self, charge_id: str, *, customer_id: str) -> Charge | None:
        """The charge, if it is this customer's."""
        rows = await self._rows("charge", "charge", charge_id=charge_id.strip(), customer_id=customer_id)
        return next((charge for charge in map(charge_of, rows) if charge.customer_id == customer_id), None)

    async def list_invoices(self, customer_id: str, *, limit: int = 20) -> list[Invoice]:
        """Newest first."""
        rows = await self._rows("invoice", "invoices", customer_id=customer_id, limit=limit)
        own = [invoice_of(row) for row in rows if row.get("customer_id") == customer_id]
        return sorted(own, key=lambda invoice: invoice.issued_at, reverse=True)[:limit]

    async def list_subscriptions(self, customer_id: str) -> list[Subscription]:
        """Those that run and those that ended."""
        rows = await self._rows("subscription", "subscriptions", customer_id=customer_id)
        return [subscription_of(row) for row in rows if row.get("customer_id") == customer_id]

    async def close(self) -> None:
        """Give connections back."""
        await self._http.aclose()

    async def _rows(self, noun: str, name: str, **values: Any) -> list[Row]:
        """What the address answers, with fields under our names. Raises ShopUnavailable."""
        template = self._addresses.get(name)
        if template is None or any(value == "" for value in values.values()):
            return []
        url = template.format(**{key: quote(str(value), safe="") for key, value in values.items()})
        try:
            async with asyncio.timeout(self._seconds + 1):
                answer = await self._get(url)
        except (httpx.HTTPError, TimeoutError, OSError, ValueError) as error:
            raise ShopUnavailable(f"shop.http.{name}: {type(error).__name__}: {error}") from error
        return [self._mapped(noun, row) for row in _listed(answer)]

    async def _get(self, url: str) -> Any:
        parts = urlsplit(url)
        address = await self._checked_address(
            str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
        )
        pinned = httpx.URL(url).copy_with(host=address)
        request = self._http.build_request(
            "GET", pinned, headers={"Host": parts.netloc}, extensions={"sni_hostname": str(parts.hostname)}
        )
        answer = await self._http.send(request, stream=True)
        try:
            if answer.status_code == 404:
                return []
            if answer.status_code != 200:
                raise ValueError(f"status {answer.status_code}")
            return json.loads(await self._bounded(answer))
        finally:
            await answer.aclose()

    async def _bounded(self, answer: httpx.Response) -> bytes:
        body = b""
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > self._max_bytes:
                raise ValueError(f"more than {self._max_bytes} bytes")
        return body

    async def _checked_address(self, host: str, port: int) -> str:
        """The address that is connected to: every one the name has must be public, unless the host may be private."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if host not in self._private and not all(ip_address(address).is_global for address in addresses):
            raise ValueError(f"{host} is in a private network; name it in shop.http.private_hosts to allow that")
        return addresses[0]

    def _mapped(self, noun: str, row: Row) -> Row:
        """The row with our names; `fields` says where each is, such as order.total_minor = totals.gross."""
        mapped = dict(row)
        for path, source in self._fields.items():
            kind, _, name = path.partition(".")
            if kind == noun:
                mapped[name] = _dig(row, source)
        return mapped


def _check_address(name: str, address: str, hosts: Sequence[str], private_hosts: Sequence[str]) -> None:
    """The host must be written out and be on the list. Raises ValueError."""
    if name not in ADDRESSES:
        raise ValueError(f"shop.http: there is no address {name}")
    parts = urlsplit(address)
    if address and (parts.scheme not in ("https", "http") or parts.username or "{" in parts.netloc):
        raise ValueError(f"shop.http.{name}: must be https://host/… with the host written out")
    if address and parts.hostname not in hosts:
        raise ValueError(f"shop.http.{name}: {parts.hostname} is not in shop.http.hosts")
    if address and parts.scheme == "http" and parts.hostname not in private_hosts:
        raise ValueError(f"shop.http.{name}: plain http only to a host in shop.http.private_hosts")


def _listed(answer: Any) -> list[Row]:
    """One object, a list of them, or a list under data, items or results."""
    if isinstance(answer, Mapping):
        answer = next((answer[name] for name in WRAPPERS if isinstance(answer.get(name), list)), [answer])
    if not isinstance(answer, list) or not all(isinstance(row, Mapping) for row in answer):
        raise ShopUnavailable("the answer is neither an object nor a list of objects")
    return answer


def _dig(row: Any, path: str) -> Any:
    for part in path.split("."):
        row = row.get(part) if isinstance(row, Mapping) else None
    return row
