"""From an address to a session that is logged in, step by step, so that a failure can name its step."""

from __future__ import annotations

import base64
import ssl

import aiosmtplib
from aiosmtplib import SMTP

from mailbox import dialing
from mailbox.errors import LoginRefused, Lost, Step, Untrusted
from mailbox.imap.command import challenge_words
from mailbox.imap.endpoint import OAuth, Password
from mailbox.oauth import bearer
from mailbox.smtp.endpoint import Endpoint, Limits
from mailbox.smtp.errors import Refused

READY, DONE, SAID, GO_ON = 220, 250, 235, 334


async def opened(endpoint: Endpoint, limits: Limits) -> SMTP:
    """Connected, greeted, logged in. Raises MailError. Cancelled, it leaves nothing open."""
    client = await _connected(endpoint, limits)
    try:
        await _hello(client, limits)
        if endpoint.security == "starttls":
            await _encrypted(client, endpoint, limits)
            await _hello(client, limits)  # what was said in the clear counts no more
        if endpoint.auth is not None:
            await _logged_in(client, endpoint, endpoint.auth, limits)
        return client
    except BaseException:
        client.close()
        raise


async def asked(client: SMTP, step: Step, *words: bytes, seconds: float) -> tuple[int, str]:
    """One command and its answer. Raises Lost."""
    try:
        answer = await client.execute_command(*words, timeout=seconds)
    except aiosmtplib.SMTPTimeoutError:
        raise Lost(step, f"no answer for {seconds:g} s") from None
    except aiosmtplib.SMTPResponseException as error:
        client.close()
        raise Lost(step, f"an answer that is no SMTP: {error.message}") from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Lost(step, f"the server closed the connection ({error})") from None
    return answer.code, one_line(answer.message)


def one_line(words: str) -> str:
    """The lines of an answer, one behind the other, their enhanced code once."""
    lines = [line.strip() for line in words.encode(errors="surrogateescape").decode(errors="replace").split("\n")]
    first = lines[0].split(" ", 1)[0] if lines else ""
    told = [lines[0], *(line.removeprefix(f"{first} ") for line in lines[1:])]
    return " ".join(filter(None, told))


# Connecting -----------------------------------------------------------------------------------------------------------


async def _connected(endpoint: Endpoint, limits: Limits) -> SMTP:
    tls = endpoint.security == "tls"
    context = dialing.trust(endpoint.ca_file) if tls else None
    plain = await dialing.reached(
        endpoint.host, endpoint.port, plain=endpoint.security == "plain", seconds=limits.connect_s
    )
    client = SMTP(
        hostname=endpoint.host,
        port=None,
        sock=plain,
        use_tls=tls,
        start_tls=False,
        tls_context=context,
        local_hostname=_ourselves(plain.getsockname()[0]),
        timeout=limits.greeting_s,
    )
    try:
        await client.connect()
    except aiosmtplib.SMTPConnectResponseError as error:
        raise Refused("greeting", error.code, one_line(error.message)) from error
    except aiosmtplib.SMTPException as error:
        raise _not_greeted(error, limits) from error
    except BaseException:
        plain.close()
        raise
    return client


def _not_greeted(error: aiosmtplib.SMTPException, limits: Limits) -> Lost | Untrusted:
    """TLS and greeting are one step to the library."""
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError):
        return _untrusted(cause)
    elif isinstance(error, aiosmtplib.SMTPTimeoutError):
        return Lost("greeting", f"no greeting for {limits.greeting_s:g} s")
    elif isinstance(cause, aiosmtplib.SMTPServerDisconnected):
        return Lost("greeting", "the server closed the connection before it greeted")
    elif isinstance(error, aiosmtplib.SMTPResponseException):
        return Lost("greeting", f"a greeting that is no SMTP: {one_line(error.message)}")
    else:
        return Lost("tls", str(cause or error))


def _untrusted(error: ssl.SSLError) -> Untrusted:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Untrusted("tls", error.verify_message or str(error))
    else:
        return Untrusted("tls", f"{error.reason or error}: does this port speak TLS?")


def _ourselves(address: str) -> str:
    """As EHLO wants it of a host without a name that others know (RFC 5321, 4.1.3)."""
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"


async def _hello(client: SMTP, limits: Limits) -> None:
    """EHLO; HELO where the server knows no other."""
    try:
        try:
            await client.ehlo(timeout=limits.answer_s)
        except aiosmtplib.SMTPHeloError as error:
            if not client.is_connected or error.code < 500:
                raise
            await client.helo(timeout=limits.answer_s)
    except aiosmtplib.SMTPHeloError as error:
        raise Refused("hello", error.code, one_line(error.message)) from error
    except aiosmtplib.SMTPTimeoutError:
        raise Lost("hello", f"no answer for {limits.answer_s:g} s") from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Lost("hello", f"the server closed the connection ({error})") from None


async def _encrypted(client: SMTP, endpoint: Endpoint, limits: Limits) -> None:
    """STARTTLS, or nothing: no mail and no password goes over the plain connection instead."""
    if not client.supports_extension("starttls"):
        raise Untrusted("tls", "the server offers no STARTTLS")
    context = dialing.trust(endpoint.ca_file)
    try:
        await client.starttls(tls_context=context, server_hostname=endpoint.host, timeout=limits.connect_s)
    except ssl.SSLError as error:
        raise _untrusted(error) from error
    except aiosmtplib.SMTPResponseException as error:
        raise Untrusted("tls", f"the server refuses STARTTLS: {error.code} {one_line(error.message)}") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Lost("tls", str(error) or "no answer") from error


# Logging in -----------------------------------------------------------------------------------------------------------


async def _logged_in(client: SMTP, endpoint: Endpoint, auth: Password | OAuth, limits: Limits) -> None:
    if isinstance(auth, Password):
        code, words = await _by_password(client, endpoint.user, auth.secret, limits)
    else:
        code, words = await _by_token(client, endpoint, auth, limits)
    if code != SAID:
        raise Refused("login", code, words) if 400 <= code < 500 else LoginRefused("login", f"{code} {words}")


async def _by_password(client: SMTP, user: str, secret: str, limits: Limits) -> tuple[int, str]:
    """In one way only: each refusal counts towards a lock of the account."""
    ways = client.server_auth_methods
    if "plain" in ways or "login" not in ways:
        if "plain" not in ways:
            raise LoginRefused("login", f"the server takes no password here (it offers: {' '.join(ways) or 'nothing'})")
        return await _say(client, b"AUTH", b"PLAIN", _encoded(f"\0{user}\0{secret}"), limits=limits)
    code, words = await _say(client, b"AUTH", b"LOGIN", limits=limits)
    for each in (user, secret):
        if code == GO_ON:
            code, words = await _say(client, _encoded(each), limits=limits)
    return code, words


async def _by_token(client: SMTP, endpoint: Endpoint, auth: OAuth, limits: Limits) -> tuple[int, str]:
    """With the token at hand; with a new one when that is refused."""
    token = await auth.tokens.token()
    code, words = await _bearing(client, endpoint, auth, token, limits)
    if code >= 500:
        auth.tokens.forget(token)
        newer = await auth.tokens.token()
        if newer != token and client.is_connected:
            code, words = await _bearing(client, endpoint, auth, newer, limits)
    return code, words


async def _bearing(client: SMTP, endpoint: Endpoint, auth: OAuth, token: str, limits: Limits) -> tuple[int, str]:
    said = _encoded(bearer(auth.mechanism, endpoint.user, endpoint.host, endpoint.port, token))
    code, words = await _say(client, b"AUTH", auth.mechanism.encode(), said, limits=limits)
    if code == GO_ON:  # why not, as JSON; the refusal comes when that was heard
        reason = challenge_words(words.encode())
        code, words = await _say(client, b"AQ==" if auth.mechanism == "OAUTHBEARER" else b"", limits=limits)
        words = f"{words} {reason}"
    return code, words


async def _say(client: SMTP, *words: bytes, limits: Limits) -> tuple[int, str]:
    return await asked(client, "login", *words, seconds=limits.answer_s)


def _encoded(text: str) -> bytes:
    return base64.b64encode(text.encode())
