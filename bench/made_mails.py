"""The mails that are measured with: made, and the same for the same count."""

from __future__ import annotations

import email.policy
import random
from email.message import EmailMessage

ADDRESS = "support@larkfield.example"
WORDS = ["the", "feed", "of", "our", "hotel", "stopped", "last", "night", "and", "no", "room", "was", "shown", "to"]


def mixed(count: int) -> list[bytes]:
    """Short ones and long ones, HTML, quotes, pictures, files up to 2 MB; the same for the same count."""
    chance = random.Random(count)
    sizes = [0] * 70 + [1] * 24 + [150_000] * 5 + [2_000_000]
    return [made(f"Feed {number}", sizes[number * 37 % 100], chance, number) for number in range(count)]


def made(subject: str, size: int, chance: random.Random | None = None, number: int = 0) -> bytes:
    """`size`: bytes of a file in it; 1: none, but HTML."""
    chance = chance or random.Random(1)
    text = "\n".join(" ".join(chance.choices(WORDS, k=14)) for _ in range(chance.randint(5, 30)))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Guest <guest{number}@guests.example>", ADDRESS, subject
    mail["Message-ID"] = f"<{number}.{subject.replace(' ', '')}@brightwater.example>"
    mail.set_content(f"{text}\n\nOn Mon, 2 Mar 2026 at 10:00, Anna <anna@larkfield.example> wrote:\n> {text}\n")
    if size:
        lines = "".join(f"<p style='margin:0'>{line}</p>" for line in text.split("\n") * 8)
        mail.add_alternative(f"<html><body>{lines}<img src='https://elsewhere.example/a.png'></body></html>", "html")
    if size > 1:
        mail.add_attachment(chance.randbytes(size * 3 // 4), "application", "octet-stream", filename="rates.bin")
    return mail.as_bytes(policy=email.policy.SMTP)
