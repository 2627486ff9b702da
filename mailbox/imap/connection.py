"""A connection to one mailbox: what the desk wants of it, as plain values. One task owns one connection.

Everything raises MailError (mailbox/errors.py) and names its step. After Lost or Strange the connection is over:
close it and open another. A call that is cancelled gives the connection up as well.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Self

from mailbox.errors import Lost, MailError, Step
from mailbox.imap import answers
from mailbox.imap.answers import Fetched
from mailbox.imap.batches import HEADERS_ABOVE, PART_BYTES, uid_sets
from mailbox.imap.command import Limits
from mailbox.imap.endpoint import Endpoint
from mailbox.imap.errors import Refused, Strange
from mailbox.imap.names import folder as named
from mailbox.imap.names import quoted
from mailbox.imap.opening import opened
from mailbox.imap.protocol import AUTH, SELECTED, Protocol


@dataclass(frozen=True, slots=True)
class Selected:
    """A folder that was entered. Uids mean something together with `uidvalidity` only."""

    uidvalidity: int
    uidnext: int | None
    exists: int
    read_only: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """`internaldate`: when the server received it; None where the server gives no date that can be read."""

    uid: int
    internaldate: datetime | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Facts:
    """Of a mail that lies at the server: its bytes, and when it was received; None for no date that can be read."""

    size: int
    internaldate: datetime | None


class Connection:
    """Made by `open`, ended by `close`, or by `async with`."""

    def __init__(self, protocol: Protocol, able: set[str], limits: Limits) -> None:
        self.capabilities = frozenset(able)
        """What the server can do, as it says after login."""
        self._protocol = protocol
        self._limits = limits
        self._idles = "IDLE" in able

    @classmethod
    async def open(cls, endpoint: Endpoint, limits: Limits | None = None) -> Self:
        """Connected and logged in. Raises MailError with one of the steps resolve, connect, tls, greeting, token,
        login; a cancelled call leaves nothing open.
        """
        limits = limits or Limits()
        protocol, able = await opened(endpoint, limits)
        return cls(protocol, able, limits)

    @property
    def lost(self) -> bool:
        """Whether it is over."""
        return self._protocol.lost

    async def close(self) -> None:
        """Says good-bye where that is possible, and ends. Never raises MailError."""
        protocol = self._protocol
        if not protocol.lost:
            with contextlib.suppress(MailError, TimeoutError, RuntimeError):
                async with asyncio.timeout(self._limits.idle_grace_s):
                    await protocol.hear("noop", "LOGOUT")
        protocol.give_up("closed")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.idle_grace_s):
                await protocol.closed.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Folders ----------------------------------------------------------------------------------------------------------

    async def select(self, folder: str) -> Selected:
        """Enters a folder. A folder that is not there is Refused."""
        self._protocol.state = AUTH  # also where it is refused, no folder is entered any more
        command = await self._protocol.ask("select", "SELECT", named(folder))
        self._protocol.state = SELECTED
        told = dict(filter(None, map(answers.status, command.answers)))
        counts = dict(filter(None, map(answers.count, command.answers)))
        if "UIDVALIDITY" not in told:
            raise Strange("select", "the server gives no UIDVALIDITY: its numbers cannot be remembered")
        return Selected(
            uidvalidity=told["UIDVALIDITY"],
            uidnext=told.get("UIDNEXT"),
            exists=counts.get(b"EXISTS", 0),
            read_only="[READ-ONLY]" in command.words.upper(),
        )

    async def path(self, *names: str) -> str:
        """The name of a folder below others, as this server writes it: `Vipdesk/Done`, `INBOX.Vipdesk.Done`."""
        command = await self._protocol.ask("create", "LIST", '""', '""')
        delimiter = next((found[0] for found in map(answers.listed, command.answers) if found), "/")
        prefix = ""
        if "NAMESPACE" in self.capabilities:
            command = await self._protocol.ask("create", "NAMESPACE")
            prefix = next(filter(None, map(answers.personal_prefix, command.answers)), "")
        return prefix + (delimiter or "-").join(names)

    async def create(self, folder: str) -> None:
        """Makes a folder where it is missing."""
        command = await self._protocol.hear("create", "CREATE", named(folder))
        if command.result != "OK" and not await self._is_there(folder):
            raise Refused("create", command.words)

    async def _is_there(self, folder: str) -> bool:
        command = await self._protocol.ask("create", "LIST", '""', named(folder))
        return any(found[1] == folder for found in map(answers.listed, command.answers) if found)

    # Mails ------------------------------------------------------------------------------------------------------------

    async def uids(self, after: int = 0) -> list[int]:
        """Of the mails in the folder, those above `after`, rising."""
        command = await self._protocol.ask("search", "SEARCH", "UID", f"{after + 1}:*", prefix="UID")
        return sorted({uid for answer in command.answers for uid in answers.uids(answer) if uid > after})

    async def uids_since(self, since: datetime) -> list[int]:
        """Of the mails in the folder, those that came on that day or later, by the server's own days; rising."""
        day = f"{since.astimezone(UTC).day}-{answers.MONTHS[since.astimezone(UTC).month - 1].capitalize()}"
        day += f"-{since.astimezone(UTC).year}"
        command = await self._protocol.ask("search", "SEARCH", "SINCE", day, prefix="UID")
        return sorted({uid for answer in command.answers for uid in answers.uids(answer)})

    async def message_id_fields(self, uids: Iterable[int]) -> dict[int, str]:
        """What stands in the Message-ID fields, by uid, in one line; a mail that is gone is not in it."""
        wanted, found = set(uids), dict[int, str]()
        for uid_set in uid_sets(wanted):
            for each in await self._fetched(uid_set, "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"):
                if each.uid in wanted:
                    text = " ".join((each.body or b"").decode("utf-8", "replace").split())
                    found[each.uid] = text.partition(":")[2].strip()
        return found

    async def search_header(self, name: str, value: str) -> list[int]:
        """Of the mails in the folder, those whose header contains the value, whatever its case."""
        if value.isascii():
            command = await self._protocol.ask("search", "SEARCH", "HEADER", quoted(name), quoted(value), prefix="UID")
        else:
            text = value.encode()
            criteria = ("CHARSET", "UTF-8", "HEADER", quoted(name), f"{{{len(text)}}}")
            command = await self._protocol.ask("search", "SEARCH", *criteria, prefix="UID", sends=(text,))
        return sorted({uid for answer in command.answers for uid in answers.uids(answer)})

    async def facts(self, uids: Iterable[int]) -> dict[int, Facts]:
        """What the server says of each, by uid; a mail that is gone, or has no size, is not in it."""
        told: dict[int, Facts] = {}
        for uid_set in uid_sets(uids):
            for each in await self._fetched(uid_set, "(UID RFC822.SIZE INTERNALDATE)"):
                if each.uid is not None and each.size is not None:
                    told[each.uid] = Facts(each.size, each.internaldate)
        return told

    async def fetch(self, uids: Iterable[int]) -> list[Mail]:
        """Whole mails, rising by uid; a mail that is gone is not in it. Ask for one of `batches` at a time."""
        wanted = set(uids)
        found: dict[int, Mail] = {}
        for uid_set in uid_sets(wanted):
            for each in await self._fetched(uid_set, "(UID INTERNALDATE BODY.PEEK[])"):
                if each.uid in wanted and each.body is not None:
                    found[each.uid] = Mail(each.uid, each.internaldate, each.body)
        return [found[uid] for uid in sorted(found)]

    async def fetch_headers(self, uid: int) -> Mail | None:
        """A mail of which `raw` is the header only; None when it is gone."""
        for each in await self._fetched(str(uid), "(UID INTERNALDATE BODY.PEEK[HEADER])"):
            if each.uid == uid and each.body is not None:
                return Mail(uid, each.internaldate, each.body)
        return None

    async def fetch_into(self, uid: int, file: BinaryIO) -> Mail | None:
        """Writes a mail to the file in parts, whatever size the server stated; `raw` of the answer is empty. None when
        the mail is gone: what the file holds then is no mail.
        """
        at = 0
        while at <= 2 * HEADERS_ABOVE:
            part = await self._part(uid, at)
            if part is None:
                return None
            body = part.body or b""
            file.write(body)
            at += len(body)
            if not body or part.origin is None:  # beyond the end, or a server that gives all at once
                return Mail(uid, part.internaldate, b"")
        raise Strange("fetch", f"mail {uid} does not end")

    async def _part(self, uid: int, at: int) -> Fetched | None:
        asked = f"(UID INTERNALDATE BODY.PEEK[]<{at}.{PART_BYTES}>)"
        for each in await self._fetched(str(uid), asked):
            if each.uid == uid and (each.body is not None or (each.empty and at > 0)):
                if each.origin not in (at, None) or (each.origin is None and each.body and at > 0):
                    raise Strange("fetch", f"asked for mail {uid} from byte {at}, got it from {each.origin}")
                return each
        return None

    async def _fetched(self, uid_set: str, items: str) -> list[Fetched]:
        command = await self._protocol.ask("fetch", "FETCH", uid_set, items, prefix="UID")
        return [found for found in map(answers.fetched, command.answers) if found is not None]

    # Marks and moves --------------------------------------------------------------------------------------------------

    async def mark_seen(self, uids: Iterable[int]) -> None:
        for uid_set in uid_sets(uids):
            await self._store("mark", uid_set, "\\Seen")

    async def move(self, uids: Iterable[int], folder: str) -> None:
        """To a folder, made where it is missing. A server without MOVE gets a copy and a mark as deleted, and with
        UIDPLUS only ours are removed; without it the marked ones stay, as EXPUNGE would remove other people's too.
        """
        verb = "MOVE" if "MOVE" in self.capabilities else "COPY"
        for uid_set in uid_sets(uids):
            await self._into(verb, uid_set, folder)
            if verb == "COPY":
                await self._store("move", uid_set, "\\Deleted")
                if "UIDPLUS" in self.capabilities:
                    await self._protocol.ask("move", "EXPUNGE", uid_set, prefix="UID")

    async def remove(self, uids: Iterable[int]) -> None:
        """These and no others, for ever. Where the server has no UIDPLUS, or does not let us, they are marked as seen
        and stay: a bare EXPUNGE would remove what other people marked.
        """
        for uid_set in uid_sets(uids):
            if not await self._removed(uid_set):
                await self._store("mark", uid_set, "\\Seen")

    async def _removed(self, uid_set: str) -> bool:
        if "UIDPLUS" not in self.capabilities:
            return False
        flags = ("+FLAGS.SILENT", "(\\Deleted)")
        marked = await self._protocol.hear("mark", "STORE", uid_set, *flags, prefix="UID")
        if marked.result != "OK":
            return False
        return (await self._protocol.hear("mark", "EXPUNGE", uid_set, prefix="UID")).result == "OK"

    async def _into(self, verb: str, uid_set: str, folder: str) -> None:
        command = await self._protocol.hear("move", verb, uid_set, named(folder), prefix="UID")
        if command.result != "OK":
            await self._made_for("move", command.words, folder)
            await self._protocol.ask("move", verb, uid_set, named(folder), prefix="UID")

    async def _made_for(self, step: Step, words: str, folder: str) -> None:
        """Makes the folder that was missing. Raises Refused when that was not why."""
        refused = Refused(step, words)
        if refused.code != "TRYCREATE":
            raise refused
        await self.create(folder)

    async def _store(self, step: Step, uid_set: str, flag: str) -> None:
        await self._protocol.ask(step, "STORE", uid_set, "+FLAGS.SILENT", f"({flag})", prefix="UID")

    async def append(self, raw: bytes, folder: str, *, received: datetime | None = None, seen: bool = False) -> None:
        """Files a mail, in a folder that is made where it is missing. Lines must end with CRLF."""
        arguments = [named(folder)]
        if seen:
            arguments.append("(\\Seen)")
        if received is not None:
            arguments.append(_written(received))
        arguments.append(f"{{{len(raw)}}}")
        command = await self._protocol.hear("append", "APPEND", *arguments, sends=(raw,))
        if command.result != "OK":
            await self._made_for("append", command.words, folder)
            await self._protocol.ask("append", "APPEND", *arguments, sends=(raw,))

    # Waiting ----------------------------------------------------------------------------------------------------------

    async def noop(self) -> None:
        await self._protocol.ask("noop", "NOOP")

    async def idle_until(self, seconds: float) -> bool:
        """Waits so long, or until there may be something new: whether there may be. What was pushed during earlier
        calls counts. Look for new mails after True and after False; renew within four minutes. A server without IDLE,
        or one that ends it by itself, is asked every 20 seconds. Some servers tell in IDLE only of what comes after it
        began: NOOP before it asks for what came since mails were looked for.
        """
        wake = self._protocol.wake
        ends = asyncio.get_running_loop().time() + seconds
        if self._idles and not wake.is_set():
            await self.noop()
            if not wake.is_set():
                self._idles = await self._protocol.idle(seconds)
        while not wake.is_set() and (left := ends - asyncio.get_running_loop().time()) > 0:
            await self._looked(min(left, self._limits.noop_s))
        woken = wake.is_set()
        if self._protocol.lost:
            raise Lost("idle", self._protocol.why)
        wake.clear()
        return woken

    async def _looked(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._protocol.wake.wait()
        except TimeoutError:
            await self.noop()


def _written(instant: datetime) -> str:
    """As an argument: `"17-Jul-1996 02:44:25 +0000"`, months in English whatever the locale."""
    at = instant.astimezone(UTC)
    return at.strftime(f'"%d-{answers.MONTHS[at.month - 1].capitalize()}-%Y %H:%M:%S +0000"')
