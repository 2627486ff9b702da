"""The signed word of a customer's site: a JWT, judged check by check; who tries a button reads which one failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import jwt

from desk.sentences import Sentence
from routing.errors import Forbidden
from store.buttons import Secret

TOKEN_LASTS = timedelta(minutes=10)
TOKEN_USES = 5
LEEWAY = timedelta(seconds=30)
ALGORITHMS = ("HS256", "ES256", "EdDSA", "RS256")
CLAIMS = ("exp", "iat", "sub", "aud", "jti")
MOST_LETTERS = 200


class TokenRefused(Forbidden):
    """The visitor reads no more than what to do; `why` names the check that failed, for the admin."""

    def __init__(self, message: str, why: Sentence) -> None:
        self.why = why
        super().__init__(message, field="jwt")


def judged(
    token: str, kept: Sequence[Secret], unseal: Callable[[bytes], bytes], names: Sequence[str]
) -> dict[str, Any]:
    """The claims of a token that holds. `names`: what a site may call the button, its key first.

    Raises TokenRefused.
    """
    secret = _key_of(token, kept)
    try:
        claims: dict[str, Any] = jwt.decode(
            token, unseal(secret.sealed).decode(), algorithms=[secret.algorithm],
            audience=list(names), leeway=LEEWAY, options={"require": list(CLAIMS)},
        )  # fmt: skip
    except jwt.InvalidTokenError as error:
        raise TokenRefused(
            "What your site signed does not hold (any more). Reload the page.", _why(error, token, secret, names)
        ) from error
    _check_kinds(claims)
    _check_span(claims)
    return claims


def _key_of(token: str, kept: Sequence[Secret]) -> Secret:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise TokenRefused(
            "What your site signed does not hold (any more). Reload the page.",
            _unmet("This is no JWT: three parts in base64url, separated by dots, the first naming alg and kid."),
        ) from error
    kid = str(header.get("kid", ""))
    secret = next((each for each in kept if each.kid == kid), None)
    if not kid:
        _unknown(_unmet("Its header names no key: kid is missing."))
    elif secret is None:
        known = ", ".join(each.kid for each in kept if not each.revoked) or "–"
        _unknown(_unmet("The button has no key “{kid}”. It has: {known}.", kid=kid[:60], known=known))
    elif secret.revoked or secret.algorithm not in ALGORITHMS:
        _unknown(_unmet("The key “{kid}” was revoked.", kid=kid))
    return secret


def _unknown(why: Sentence) -> NoReturn:
    raise TokenRefused("Your site signed with a key that this desk does not know.", why)


def _why(error: jwt.InvalidTokenError, token: str, secret: Secret, names: Sequence[str]) -> Sentence:
    """The check that failed; what the token claims is believed only as far as it is shown again."""
    if isinstance(error, jwt.InvalidAlgorithmError):
        alg = str(jwt.get_unverified_header(token).get("alg", ""))[:20]
        return _unmet(
            "It is signed with {alg}; the key “{kid}” is for {wanted}.",
            alg=alg,
            kid=secret.kid,
            wanted=secret.algorithm,
        )
    elif isinstance(error, jwt.InvalidSignatureError):
        return _unmet("The signature does not fit the key “{kid}”.", kid=secret.kid)
    elif isinstance(error, jwt.MissingRequiredClaimError):
        return _unmet("The claim {claim} is missing.", claim=error.claim)
    try:
        claimed = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return _unmet("Its claims cannot be read: they are no JSON object.")
    if isinstance(error, jwt.InvalidAudienceError):
        return _unmet("aud is “{aud}”; it must be the button's key, {wanted}.",
                     aud=str(claimed.get("aud"))[:80], wanted=names[0])  # fmt: skip
    elif isinstance(error, jwt.ExpiredSignatureError):
        return _unmet("It expired: exp is {time}.", time=_time(claimed.get("exp")))
    elif isinstance(error, jwt.ImmatureSignatureError):
        name = "nbf" if "nbf" in str(error) else "iat"
        return _unmet("{claim} is in the future: {time}. Look at the clock of the site's server.",
                     claim=name, time=_time(claimed.get(name)))  # fmt: skip
    else:
        return _unmet("A claim is of the wrong kind: {reason}.", reason=str(error).rstrip("."))


def _check_kinds(claims: Mapping[str, Any]) -> None:
    instants = [name for name in ("exp", "iat") if not isinstance(claims[name], int | float)]
    texts = [name for name in ("sub", "jti", "name", "email") if not is_text(claims.get(name, ""))]
    for name in (*instants, *texts):
        number, text = (
            _unmet("{claim} must be a number of seconds.", claim=name),
            _unmet("{claim} must be a text.", claim=name),
        )
        why = number if name in instants else text
        raise TokenRefused("What your site signed has a claim of the wrong kind.", why)
    if not claims["sub"] or len(claims["sub"]) > MOST_LETTERS or len(claims["jti"]) > MOST_LETTERS:
        raise TokenRefused(
            "What your site signed names nobody.",
            _unmet("sub is empty, or sub or jti has more than {most} characters.", most=MOST_LETTERS),
        )


def _check_span(claims: Mapping[str, Any]) -> None:
    lasts = claims["exp"] - claims["iat"]
    if lasts > TOKEN_LASTS.total_seconds():
        raise TokenRefused(
            "What your site signs must expire within ten minutes.",
            _unmet("exp is {seconds} seconds after iat; at most {most} are taken.",
                  seconds=int(lasts), most=int(TOKEN_LASTS.total_seconds())),
        )  # fmt: skip


def is_text(value: object) -> bool:
    """What every record can keep: JSON carries more."""
    return isinstance(value, str) and not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in value)


def _time(claimed: object) -> str:
    try:
        return f"{datetime.fromtimestamp(float(str(claimed)), UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return str(claimed)[:40]


def _unmet(msgid: str, **values: Any) -> Sentence:
    return Sentence(msgid, values)
