"""The front before Dovecot's IMAP engine, where only the engine can run: python dovecot_pipe.py PORT TLS_PORT FOLDER
ENGINE…. It greets, takes passwords out of FOLDER/users/USER, and passes everything on from then on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import ssl
import sys
from pathlib import Path

ABLE = b"* CAPABILITY IMAP4rev1 STARTTLS\r\n"
_LOGIN = re.compile(r'LOGIN ("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)\Z', re.IGNORECASE)


class Front:
    def __init__(self, folder: Path, engine: list[str]) -> None:
        self._folder = folder
        self._engine = engine
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(folder / "127.0.0.1.pem")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            user = await self._user(reader, writer)
            if user is not None:
                await self._passed_on(user, reader, writer)
        writer.transport.abort()

    async def _user(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | None:
        """Who logged in; None when nobody did."""
        writer.write(b"* OK ready\r\n")
        while line := (await reader.readline()).decode().strip():
            tag, _, command = line.partition(" ")
            login = _LOGIN.match(command)
            if login is not None:
                user, secret = (
                    re.sub(r"\\(.)", r"\1", text.removeprefix('"').removesuffix('"')) for text in login.groups()
                )
                known = self._folder / "users" / user
                if known.is_file() and known.read_text() == f"{user}:{{PLAIN}}{secret}\n":
                    writer.write(f"{tag} OK in\r\n".encode())
                    return user
                writer.write(f"{tag} NO [AUTHENTICATIONFAILED] Authentication failed.\r\n".encode())
            elif command.upper() == "STARTTLS":
                writer.write(f"{tag} OK begin\r\n".encode())
                await writer.start_tls(self.tls)
            elif command.upper() in ("CAPABILITY", "NOOP"):
                writer.write((ABLE if command.upper() == "CAPABILITY" else b"") + f"{tag} OK done\r\n".encode())
            elif command.upper() == "LOGOUT":
                writer.write(f"* BYE\r\n{tag} OK bye\r\n".encode())
                return None
            else:
                writer.write(f"{tag} BAD first log in\r\n".encode())
        return None

    async def _passed_on(self, user: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        home = self._folder / "mail" / user
        home.mkdir(parents=True, exist_ok=True)
        engine = await asyncio.create_subprocess_exec(
            *self._engine,
            env=os.environ | {"USER": user, "HOME": str(home)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert engine.stdin is not None and engine.stdout is not None
        await engine.stdout.readline()  # its PREAUTH: who logged in was greeted already
        up = asyncio.create_task(_pump(reader, engine.stdin))
        down = asyncio.create_task(_pump(engine.stdout, writer))
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        for task in (up, down):
            task.cancel()
        with contextlib.suppress(ProcessLookupError):
            engine.terminate()
        await engine.wait()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


async def main(port: str, tls_port: str, folder: str, *engine: str) -> None:
    front = Front(Path(folder), list(engine))
    plain = await asyncio.start_server(front.serve, "127.0.0.1", int(port))
    tls = await asyncio.start_server(front.serve, "127.0.0.1", int(tls_port), ssl=front.tls)
    async with plain, tls:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
