"""A token server on 127.0.0.1 (RFC 6749), which also tells mail servers whose token it is (RFC 7662)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

CLIENT, CLIENT_SECRET, REFRESH = "vipdesk", "client s&cret", "refresh/+=1"


class TokenServer:
    """`url` gives tokens to who shows the right secret; `introspect` says `active` of those that still count."""

    def __init__(self, user: str = "anna", port: int = 0) -> None:
        self.user = user
        self._port = port
        self.lasts_s: object = 3600
        self.rotate = False
        self.refusal: tuple[int, dict[str, Any] | bytes, dict[str, str]] | None = None
        """(status, body, headers) said instead of a token."""
        self.asked: list[dict[str, str]] = []
        self.valid: list[str] = []
        self._refresh = REFRESH
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line.split(":")[1]) for line in head.lower().split("\r\n") if "content-length" in line), 0
            )
            form = parse_qs((await reader.readexactly(length)).decode(), keep_blank_values=True)
            fields = {name: values[0] for name, values in form.items()}
            target = urlsplit(head.split(" ")[1])
            if target.path == "/token":
                status, told, headers = self.refusal or self._token(fields)
            else:
                status, told, headers = self._introspected(target.query, fields, head)
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            lines = [f"HTTP/1.1 {status} -", "Content-Type: application/json", f"Content-Length: {len(body)}"]
            lines += ["Connection: close", *(f"{name}: {value}" for name, value in headers.items())]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
        writer.close()

    def _token(self, fields: dict[str, str]) -> tuple[int, dict[str, Any], dict[str, str]]:
        self.asked.append(fields)
        if (fields.get("client_id"), fields.get("client_secret")) != (CLIENT, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}, {}
        elif fields["grant_type"] == "refresh_token" and fields["refresh_token"] != self._refresh:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, {}
        token = secrets.token_urlsafe(24)
        self.valid.append(token)
        told = {"access_token": token, "token_type": "Bearer", "expires_in": self.lasts_s}
        if self.rotate:
            self._refresh = secrets.token_urlsafe(8)
            told["refresh_token"] = self._refresh
        return 200, told, {}

    def _introspected(
        self, query: str, fields: dict[str, str], head: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        token = next((token for token in self.valid if token in query + fields.get("token", "") + head), None)
        return 200, {"active": token is not None, "username": self.user, "email": self.user}, {}
