"""Access tokens from a token server that answers over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from mailbox.errors import TokenFailed
from mailbox.oauth import ClientCredentials, RefreshToken, TokenSource
from tests.support.imap_tokens import CLIENT, CLIENT_SECRET, REFRESH, TokenServer


class Time:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def server() -> AsyncIterator[TokenServer]:
    async with TokenServer() as started:
        yield started


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        yield client


def by_refresh(token: str = REFRESH, secret: str = CLIENT_SECRET) -> RefreshToken:
    return RefreshToken(CLIENT, token, secret, scope="mail offline")


async def test_a_refresh_token_gives_an_access_token(server: TokenServer, http: httpx2.AsyncClient) -> None:
    token = await TokenSource(server.url, by_refresh(), http).token()
    assert token == server.valid[-1]
    assert server.asked == [
        {
            "grant_type": "refresh_token",
            "refresh_token": REFRESH,
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "scope": "mail offline",
        }
    ]


async def test_client_credentials_give_an_access_token(server: TokenServer, http: httpx2.AsyncClient) -> None:
    source = TokenSource(server.url, ClientCredentials(CLIENT, CLIENT_SECRET, "mail"), http)
    assert await source.token() == server.valid[-1]
    assert server.asked[0]["grant_type"] == "client_credentials"


@pytest.mark.parametrize("lasts", [3600, "3600"])
async def test_a_token_is_kept_until_a_minute_before_its_end(
    lasts: object, server: TokenServer, http: httpx2.AsyncClient
) -> None:
    server.lasts_s = lasts
    time = Time()
    source = TokenSource(server.url, by_refresh(), http, seconds=time)
    first = await source.token()
    time.now += 3539
    assert await source.token() == first
    time.now += 1
    assert await source.token() != first


async def test_a_token_without_an_end_lasts_some_minutes(server: TokenServer, http: httpx2.AsyncClient) -> None:
    server.lasts_s = None
    time = Time()
    source = TokenSource(server.url, by_refresh(), http, seconds=time)
    first = await source.token()
    time.now += 200
    assert await source.token() == first
    time.now += 100
    assert await source.token() != first


async def test_many_who_ask_at_once_make_one_request(server: TokenServer, http: httpx2.AsyncClient) -> None:
    source = TokenSource(server.url, by_refresh(), http)
    assert len(set(await asyncio.gather(*(source.token() for _ in range(20))))) == 1
    assert len(server.asked) == 1


async def test_a_refused_token_is_not_given_again(server: TokenServer, http: httpx2.AsyncClient) -> None:
    source = TokenSource(server.url, by_refresh(), http)
    first = await source.token()
    source.forget("another")
    assert await source.token() == first
    source.forget(first)
    assert await source.token() != first


async def test_a_new_refresh_token_is_used_and_handed_over_to_be_kept(
    server: TokenServer, http: httpx2.AsyncClient
) -> None:
    server.rotate = True
    kept: list[str] = []
    source = TokenSource(server.url, by_refresh(), http, rotated=kept.append)
    source.forget(await source.token())
    await source.token()
    assert [asked["refresh_token"] for asked in server.asked] == [REFRESH, kept[0]]
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("grant", "code", "words"),
    [
        (by_refresh("withdrawn"), "invalid_grant", "the mailbox must be connected again (Token has been expired"),
        (by_refresh(secret="wrong"), "invalid_client", "the client id or its secret is wrong"),
    ],
)
async def test_a_refusal_says_what_to_do(
    grant: RefreshToken, code: str, words: str, server: TokenServer, http: httpx2.AsyncClient
) -> None:
    with pytest.raises(TokenFailed) as caught:
        await TokenSource(server.url, grant, http).token()
    error = caught.value
    assert words in error.words
    assert (error.code, error.retry, error.after_s) == (code, False, 300)


@pytest.mark.parametrize(
    ("refusal", "retry", "after_s"),
    [
        ((503, b"<h1>down</h1>", {"Retry-After": "120"}), True, 120),
        ((500, b"", {}), True, None),
        ((429, {"error": "slow_down"}, {"Retry-After": "99999999"}), True, 3600),
        ((400, {"error": "temporarily_unavailable"}, {}), True, None),
        ((404, b"not here", {}), False, 300),
        ((302, b"", {"Location": "http://127.0.0.1:1/"}), False, 300),
        ((200, {"error": "invalid_scope"}, {}), False, 300),
        ((200, {"token_type": "Bearer"}, {}), True, None),
        ((200, {"access_token": "two\r\nlines"}, {}), True, None),
        ((200, b"[]", {}), True, None),
        ((200, b"\xff\x00", {}), True, None),
        ((400, {"error": ["odd"], "error_description": {"a": 1}}, {}), False, 300),
    ],
)
async def test_any_answer_is_a_token_or_an_error_that_says_when_to_try_again(
    refusal: tuple[int, Any, dict[str, str]],
    retry: bool,
    after_s: float | None,
    server: TokenServer,
    http: httpx2.AsyncClient,
) -> None:
    server.refusal = refusal
    with pytest.raises(TokenFailed) as caught:
        await TokenSource(server.url, by_refresh(), http).token()
    assert (caught.value.retry, caught.value.after_s) == (retry, after_s)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/token", "http://[/token", "token"])
async def test_a_token_server_that_is_not_there_is_tried_again(url: str, http: httpx2.AsyncClient) -> None:
    with pytest.raises(TokenFailed) as caught:
        await TokenSource(url, by_refresh(), http).token()
    assert (caught.value.retry, caught.value.after_s) == (True, None)
    assert "not reached" in caught.value.words


async def test_secrets_are_in_no_log_and_no_error(
    server: TokenServer, http: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = await TokenSource(server.url, by_refresh(), http).token()
    with pytest.raises(TokenFailed) as caught:
        await TokenSource(server.url, by_refresh("old"), http).token()
    seen = caplog.text + str(caught.value) + repr(by_refresh()) + repr(ClientCredentials(CLIENT, CLIENT_SECRET))
    for secret in (token, REFRESH, CLIENT_SECRET):
        assert secret not in seen
