"""Requests that two servers in a row could cut differently (RFC 9112, section 6.3): one 400 and the line is closed."""

from __future__ import annotations

import re
import socket
import struct
from contextlib import suppress

import pytest

from tests.support.running import RunningDesk

HOST = b"HOST"
CLOSE = b"\r\nConnection: close\r\n\r\n"
INNER = b"GET /ready HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n"
"""What an attacker would like to be taken for somebody else's next request."""


def post(head: bytes, body: bytes = b"{}") -> bytes:
    return b"POST /api/v1/sessions HTTP/1.1\r\nHost: " + HOST + b"\r\n" + head + b"\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked\r\n"
CASES = {
    "CL.TE": post(b"Content-Length: 40\r\n" + CHUNKED, b"0\r\n\r\n" + INNER),
    "TE.CL": post(CHUNKED + b"Content-Length: 4\r\n", b"5c\r\n" + INNER.ljust(0x5C) + b"\r\n0\r\n\r\n"),
    "two lengths": post(b"Content-Length: 2\r\nContent-Length: 40\r\n", b"{}" + INNER),
    "a list of lengths": post(b"Content-Length: 2, 2\r\n"),
    "a signed length": post(b"Content-Length: +2\r\n"),
    "a negative length": post(b"Content-Length: -2\r\n"),
    "a length in hexadecimal": post(b"Content-Length: 0x2\r\n"),
    "a length beyond all numbers": post(b"Content-Length: 99999999999999999999\r\n"),
    "an unknown coding": post(b"Transfer-Encoding: xchunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    "chunked and more": post(b"Transfer-Encoding: chunked, identity\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    "two codings": post(CHUNKED + b"Transfer-Encoding: identity\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    "a space before the colon": post(b"Transfer-Encoding : chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    "a tab in the coding": post(b"Transfer-Encoding: \x0bchunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    "chunked in HTTP/1.0": post(CHUNKED, b"2\r\n{}\r\n0\r\n\r\n").replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "lines that end with LF": post(b"Content-Length: 2\r\n").replace(b"\r\n", b"\n"),
    "a bare CR": post(b"X: a\r" + CHUNKED + b"Content-Length: 2\r\n"),
    "NUL": post(b"X: a\0b\r\nContent-Length: 2\r\n"),
    "a folded header": post(b"X: a\r\n b\r\nContent-Length: 2\r\n"),
    "a chunk that ends with LF": post(CHUNKED, b"2;\n{}\r\n0\r\n\r\n"),
    "a chunk in 0x": post(CHUNKED, b"0x2\r\n{}\r\n0\r\n\r\n"),
    "a negative chunk": post(CHUNKED, b"-2\r\n{}\r\n0\r\n\r\n"),
    "a chunk without its end": post(CHUNKED, b"2\r\n{}0\r\n\r\n"),
    "CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("name", CASES)
def test_what_can_be_cut_in_two_ways_is_refused_and_nothing_behind_it_is_heard(desk: RunningDesk, name: str) -> None:
    answer = asked(desk, CASES[name] + INNER)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"400"]
    assert b'"record"' not in answer


def test_two_proper_requests_in_one_go_are_two(desk: RunningDesk) -> None:
    ended = INNER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert re.findall(rb"HTTP/1.1 (\d+)", asked(desk, INNER + ended)) == [b"200", b"200"]


@pytest.mark.parametrize("many", [2, 5, 30])
def test_an_answer_to_a_line_that_is_closed_meanwhile_is_no_error(desk: RunningDesk, many: int) -> None:
    """Seventeen wait at the most, then the line is closed; who leaves gets no answer either."""
    page = INNER.replace(b"/ready", b"/login")
    for _ in range(5):
        if many > 17:
            assert asked(desk, page * many).count(b"HTTP/1.1 200") < 20
        else:
            with socket.create_connection(("127.0.0.1", desk.port), timeout=20) as line:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
                line.sendall((page * many).replace(HOST, f"127.0.0.1:{desk.port}".encode()))
        assert re.findall(rb"HTTP/1.1 (\d+)", asked(desk, page.replace(b"\r\n\r\n", CLOSE))) == [b"200"]
    log = desk.log.read_text()
    assert "Traceback" not in log and "ERROR" not in log


def asked(desk: RunningDesk, request: bytes) -> bytes:
    """All that is answered until the desk closes."""
    with socket.create_connection(("127.0.0.1", desk.port), timeout=20) as line:
        line.sendall(request.replace(HOST, f"127.0.0.1:{desk.port}".encode()))
        answer = b""
        with suppress(ConnectionResetError):
            while more := line.recv(65536):
                answer += more
    return answer
