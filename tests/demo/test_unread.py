"""What an agent wrote in a chat whose contact had left goes out by mail, and the answer comes back into the talk."""

from __future__ import annotations

import asyncio
import email
import imaplib
import re
from email.message import EmailMessage, Message
from email.policy import default

import httpx2

from server.demo.mailhost import HOST
from tests.demo.test_mail import ANNA, PRIYA, arrived, by_a_program, desk, ports
from tests.server.test_files import ask
from tests.support.asking import contact, vouched
from tests.support.eventually import eventually
from tests.support.running import RunningDesk
from tests.widget.portal import KEY, agent

__all__ = ["desk"]


def inbox(imap: int) -> list[EmailMessage]:
    """Priya's."""
    with imaplib.IMAP4(HOST, imap) as program:
        program.login(PRIYA, "demo-priya")
        program.select("INBOX")
        uids = program.uid("SEARCH", "ALL")[1][0].split()
        return [_read(program, uid) for uid in uids]


def _read(program: imaplib.IMAP4, uid: bytes) -> EmailMessage:
    found = program.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1][0]
    made: Message = email.message_from_bytes(found[1], policy=default)
    assert isinstance(made, EmailMessage)
    return made


def words(mail: EmailMessage) -> str:
    """Its plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def an_hour_later(desk: RunningDesk) -> None:
    """By the demo's clock."""
    async with httpx2.AsyncClient(base_url=desk.origin, trust_env=False) as http:
        token = re.search(r'name="csrf" value="([^"]+)"', (await http.get("/demo")).text)
        assert token is not None
        answer = await http.post("/demo/clock", data={"csrf": token[1], "to": "hour"})
        assert answer.status_code == 303, answer.text


def answer_to(mail: EmailMessage, text: str) -> EmailMessage:
    """As a mail program answers, the quoted words below."""
    made = EmailMessage()
    made["From"], made["To"] = f"Priya Raman <{PRIYA}>", mail["Reply-To"] or mail["From"]
    made["Subject"], made["In-Reply-To"] = f"Re: {mail['Subject']}", mail["Message-ID"]
    made["References"] = mail["Message-ID"]
    quoted = "".join(f"> {line}\n" for line in words(mail).splitlines())
    made.set_content(f"{text}\n\nOn Wed, 4 Mar 2026 at 10:00, Anna Kovács <{ANNA}> wrote:\n{quoted}")
    return made


async def test_the_answer_to_a_mail_of_unread_words_is_in_the_same_talk(desk: RunningDesk) -> None:
    imap, smtp = await ports(desk)
    async with agent(desk, "anna") as anna:
        with contact(desk, KEY, jwt=vouched(desk, "priya")) as priya:
            ticket = ask(priya, "press", text="The Lisbon feed stopped.")["ticket"]
        await anna.until(lambda frame: frame.get("ticket") == ticket and frame.get("kind") == "chat")
        await anna.ask("say", ticket=ticket, body="It runs again since nine.", base_seq=0, anyway=True)
        await an_hour_later(desk)
        found: list[EmailMessage] = []

        async def is_there() -> bool:
            found[:] = [each for each in await asyncio.to_thread(inbox, imap) if "since nine" in words(each)]
            return bool(found)

        await eventually(is_there)
        assert found[0]["From"].addresses[0].addr_spec == ANNA
        assert "header.from=larkfield.example" in found[0]["Authentication-Results"]
        reply = answer_to(found[0], "Thank you, it does.")
        [to] = reply["To"].addresses
        await asyncio.to_thread(by_a_program, smtp, reply, to.addr_spec)
        said = await arrived(anna, "Thank you, it does.")
    assert said["ticket"] == ticket
    assert said["quoted"] is True and said["channel"] == "mail"
