"""People who ask a running desk over HTTP, as programs and browsers do."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from tests.support.running import RunningDesk


@contextmanager
def nobody(desk: RunningDesk, **headers: str) -> Iterator[httpx2.Client]:
    """Not signed in, with the desk's own Origin unless told otherwise."""
    own = {"Origin": desk.origin} | headers
    with httpx2.Client(base_url=desk.origin, headers=own, trust_env=False, timeout=30) as client:
        yield client


@contextmanager
def agent(desk: RunningDesk, first_name: str) -> Iterator[httpx2.Client]:
    """Signed in as one of the cast, with X-CSRF on every request."""
    name = first_name.lower()
    with nobody(desk) as client:
        answer = client.post(
            "/api/v1/sessions", json={"email": f"{name}@larkfield.example", "password": f"demo-{name}"}
        )
        answer.raise_for_status()
        client.headers["X-CSRF"] = answer.json()["csrf"]
        yield client


@contextmanager
def contact(desk: RunningDesk, key: str, **body: str) -> Iterator[httpx2.Client]:
    """With a token of this button; `body` as `POST /b/<button>/session` takes it."""
    with nobody(desk) as client:
        answer = client.post(f"/b/{key}/session", json=body)
        answer.raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield client


def vouched(desk: RunningDesk, person: str) -> str:
    """What the portal signs for one of its people."""
    with httpx2.Client(base_url=desk.portal, trust_env=False, timeout=30) as client:
        answer = client.get("/portal/token", params={"as": person})
        answer.raise_for_status()
        return answer.text


def raw(desk: RunningDesk, method: str, target: str, **headers: str) -> tuple[int, bytes]:
    """A request whose target no library tidies up."""
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=30)
    try:
        connection.putrequest(method, target, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def patiently(client: httpx2.Client, path: str, frame: dict[str, Any]) -> dict[str, Any]:
    """The answer to a frame sent over HTTP; asked again, as every client does, while it says `retry_s`."""
    while True:
        answer: dict[str, Any] = client.post(path, json=frame).json()
        if "retry_s" not in answer:
            return answer
        time.sleep(answer["retry_s"])


def mails(desk: RunningDesk) -> str:
    """The demo's page with the mail that would have been sent."""
    with nobody(desk) as client:
        return client.get("/demo").raise_for_status().text
