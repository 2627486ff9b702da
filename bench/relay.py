"""The baseline: a relay on nothing but `websockets`, no store, no rules, no compression.

Takes `{"type":"say","rid","ticket","body"}`, answers `ok`, hands the message to the one that follows the ticket.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import uvloop
from websockets.asyncio.server import ServerConnection, serve

from server.serving import raise_file_limit

followers: dict[str, ServerConnection] = {}


async def relay(connection: ServerConnection) -> None:
    """One socket's life: `hello` names the tickets it follows, `say` is stamped, acknowledged and passed on."""
    seq = 0
    async for text in connection:
        frame = json.loads(text)
        if frame["type"] == "hello":
            for ticket in frame.get("follow", ()):
                followers[ticket] = connection
            await connection.send('{"type":"ready"}')
        else:
            seq += 1
            at = time.time()
            await connection.send(json.dumps({"type": "ok", "rid": frame["rid"], "seq": seq, "at": at}))
            event = {"type": "event", "ticket": frame["ticket"], "seq": seq, "at": at, "kind": "message"}
            event["data"] = {"body": frame["body"], "rid": frame["rid"]}
            follower = followers.get(frame["ticket"])
            if follower is not None:
                await follower.send(json.dumps(event))


async def main() -> None:
    """Serves on a free port of 127.0.0.1, prints it, runs until stopped."""
    raise_file_limit()
    async with serve(relay, "127.0.0.1", 0, compression=None, backlog=4096, ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
