"""Where a mailbox is and how one gets in, as it stands in its row: `endpoint` is plain, the secret is sealed.

endpoint  host, port, security (tls, starttls, plain), user, auth (password, xoauth2, oauthbearer), folder, done,
          ca_file, trusts (hosts of our own whose Authentication-Results and Received are believed);
          with a token: token_url, client_id, scope, grant (refresh_token, client_credentials)
          smtp: host, port, security, user, auth (none, password, same: as for reading), ca_file; without it nothing is
          sent in this mailbox's name. plus: the server takes plus addresses. copies: how it is proven that the server
          took a mail: plus (a copy comes back), sent (it stands in the folder `sent`), none
secret    JSON: password, smtp_password where that is another; or client_secret and, for the grant of that name,
          refresh_token
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from desk.administration.mailboxes import seal
from desk.sealing import Sealer
from mailbox.imap.endpoint import Endpoint, OAuth, Password
from mailbox.oauth import ClientCredentials, Posts, RefreshToken, TokenSource
from mailbox.smtp import endpoint as smtp
from store.mailboxes import Mailbox


@dataclass(frozen=True)
class Place:
    """`done`: the folder to which mail goes that was seen to, its parts joined by slashes whatever the server writes
    between them; None: it is marked as seen.
    """

    endpoint: Endpoint
    folder: str
    done: str | None


def place(box: Mailbox, sealer: Sealer, http: Posts, rotated: Callable[[bytes], None]) -> Place:
    """`rotated` is told the sealed secret that takes the place of the one in the row: the token server gave another.

    Raises ValueError when the secret was sealed with a key that is not here.
    """
    secret: dict[str, str] = json.loads(sealer.unseal(box.secret_sealed))
    fields = box.endpoint
    endpoint = Endpoint(
        host=fields["host"],
        port=fields["port"],
        security=fields["security"],
        user=fields["user"],
        auth=_auth(fields, secret, http, lambda token: rotated(seal(sealer, secret | {"refresh_token": token}))),
        ca_file=fields.get("ca_file"),
    )
    return Place(endpoint, fields.get("folder", "INBOX"), fields.get("done"))


@dataclass(frozen=True)
class Outlet:
    """Where mail is handed in. `copies`: plus, sent or none; `sent`: the folder of `imap` for the second."""

    endpoint: smtp.Endpoint
    plus: bool
    copies: str
    imap: Endpoint
    sent: str


def outlet(box: Mailbox, sealer: Sealer, http: Posts, rotated: Callable[[bytes], None]) -> Outlet:
    """As `place`, for sending. Raises KeyError where the mailbox has no smtp, ValueError."""
    reading = place(box, sealer, http, rotated).endpoint
    fields = box.endpoint["smtp"]
    secret: dict[str, str] = json.loads(sealer.unseal(box.secret_sealed))
    auth: Password | OAuth | None
    match fields.get("auth", "same"):
        case "none":
            auth = None
        case "password":
            auth = Password(secret.get("smtp_password") or secret["password"])
        case _:
            auth = reading.auth
    endpoint = smtp.Endpoint(
        host=fields["host"],
        port=fields["port"],
        security=fields["security"],
        user=fields.get("user") or box.endpoint["user"],
        auth=auth,
        ca_file=fields.get("ca_file", box.endpoint.get("ca_file")),
    )
    plus = bool(box.endpoint.get("plus"))
    copies = box.endpoint.get("copies") or ("plus" if plus else "none")
    return Outlet(endpoint, plus, copies, reading, box.endpoint.get("sent", "Sent"))


def _auth(
    fields: Mapping[str, Any], secret: Mapping[str, str], http: Posts, rotated: Callable[[str], None]
) -> Password | OAuth:
    if fields["auth"] == "password":
        return Password(secret["password"])
    client = {"client_id": fields["client_id"], "scope": fields.get("scope", "")}
    client["client_secret"] = secret.get("client_secret", "")
    if fields.get("grant") == "client_credentials":
        tokens = TokenSource(fields["token_url"], ClientCredentials(**client), http)
    else:
        grant = RefreshToken(**client, refresh_token=secret["refresh_token"])
        tokens = TokenSource(fields["token_url"], grant, http, rotated=rotated)
    return OAuth("XOAUTH2" if fields["auth"] == "xoauth2" else "OAUTHBEARER", tokens)
