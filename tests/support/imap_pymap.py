"""pymap in this process: a real IMAP server in pure Python, which runs everywhere. One user, all in memory."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from argparse import Namespace
from collections.abc import AsyncIterator
from dataclasses import dataclass

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer
from pysasl.hashing import BuiltinHash

USER, SECRET = "anna@example.org", 'pass "word" \\1'


@dataclass(frozen=True)
class PymapServer:
    port: int


@contextlib.asynccontextmanager
async def pymap_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[PymapServer]:
    """On a free port of 127.0.0.1; with `tls` it takes passwords after STARTTLS only."""
    arguments = Namespace(
        host=["127.0.0.1"],
        port="0",
        debug=False,
        cert=None,
        key=None,
        tls=tls is not None,
        proxy_protocol=None,
        passlib_cfg=None,
        inherited_sockets=None,
        demo_data=False,
        demo_user=USER,
        demo_password=SECRET,
    )
    backend, config = await DictBackend.init(
        arguments, ssl_context=tls, invalid_user_sleep=0.0, hash_context=BuiltinHash(rounds=1)
    )
    config.apply_context()
    take = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(backend.login, config))
    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield PymapServer(server.sockets[0].getsockname()[1])
    finally:
        server.close()
