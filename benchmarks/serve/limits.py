"""What stands between the network and the application: who may ask, how much, and how many at once."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
READING = ("GET", "HEAD", "OPTIONS")
DISCARDED_TIMES = 4  # of a body that is too large, so many times the limit is read and dropped
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


@dataclass(frozen=True)
class RequestLimits:
    """Limits on one request, and on those at the same time that have a body.

    ``numbers``: images of one request in which a number is read.
    """

    body_bytes: int = 8 * 2**20
    body_s: float = 10.0
    concurrent: int = 16
    images: int = 1000
    numbers: int = 20
    pixels: int = 24_000_000


class RejectedError(Exception):
    """A request that is not passed on: its status and the reason."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = dict(headers or {})


def trusted_hosts(host: str) -> frozenset[str]:
    """Return the names that a request may address a server by that listens on ``host``."""
    names = {*LOOPBACK, host.strip("[]").lower()}
    if not is_loopback(host):
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return frozenset(names)


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches a server that listens on ``host``."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Guard:
    """Middleware that passes on requests to trusted hosts, from no other site, with bodies within the limits.

    Without the check of the host a site could give its own name the address of this machine and then read answers
    (DNS rebinding). An address in place of a name cannot be given to others like that; where other machines may ask,
    each address is trusted.
    """

    def __init__(self, app: ASGIApp, host: str, limits: RequestLimits) -> None:
        self._app = app
        self._names = trusted_hosts(host)
        self._any_address = not is_loopback(host)
        self._limits = limits
        self._n_running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the reason."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # there are no websockets
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *(one for one in added if one[0] not in given)]
            await send(message)

        try:
            self._check_source(scope["method"], headers)
            if scope["method"] in READING:
                await self._app(scope, receive, send_with_headers)
            else:
                await self._with_body(scope, headers, receive, send_with_headers)
        except RejectedError as error:
            await _send_error(send_with_headers, error)

    def _check_source(self, method: str, headers: Mapping[str, str]) -> None:
        host = headers.get("host", "")
        if not self._is_trusted(host):
            raise RejectedError(400, "this server is not addressed by that name; start it with --host NAME to allow it")
        if method in READING:
            return
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            raise RejectedError(403, "requests from pages of other sites are refused")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise RejectedError(403, "requests from pages of other sites are refused")

    def _is_trusted(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return self._any_address

    async def _with_body(self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send) -> None:
        """Pass on a request whose body is complete, if not too many others are under way."""
        if self._n_running >= self._limits.concurrent:
            raise RejectedError(429, "too many requests at once; ask again later", {"retry-after": "1"})
        self._n_running += 1
        try:
            body = await self._body(headers, receive)
            await self._app(scope, _replayed(body, receive), send)
        finally:
            self._n_running -= 1

    async def _body(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        largest = self._limits.body_bytes
        # a client that is still sending would see a broken connection in place of the answer
        read_at_most = largest * DISCARDED_TIMES
        too_large = RejectedError(413, f"the body has more than {largest:,} bytes")
        declared = headers.get("content-length", "0")
        if declared.isascii() and declared.isdecimal() and int(declared[:20]) > read_at_most:
            raise too_large
        body = bytearray()

        async def read() -> None:
            n_read, more = 0, True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RejectedError(400, "the body is not complete")
                chunk = message.get("body", b"")
                n_read += len(chunk)
                if n_read <= largest:
                    body.extend(chunk)
                elif n_read > read_at_most:
                    raise too_large
                more = message.get("more_body", False)
            if n_read > largest:
                raise too_large

        try:
            await asyncio.wait_for(read(), self._limits.body_s)
        except TimeoutError:
            raise RejectedError(408, f"the body did not arrive within {self._limits.body_s:g} s") from None
        return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body once, and then what comes from the network."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


async def _send_error(send: Send, error: RejectedError) -> None:
    body = json.dumps({"error": str(error)}).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body)), **error.headers}
    if error.status in (408, 413):
        headers["connection"] = "close"  # what comes of the body is not read
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
