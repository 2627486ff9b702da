"""What well-known providers of mailboxes want: servers, ports, how one signs in. Their own documents go before it."""

from __future__ import annotations

from dataclasses import dataclass

from server.pages.texts import _


@dataclass(frozen=True)
class Provider:
    """`lines`: what is entered, as it is entered; `hint`: in the reader's language."""

    name: str
    lines: tuple[str, ...]
    hint: str


def providers() -> list[Provider]:
    """In the reader's language."""
    return [
        Provider(
            "Google Workspace",
            (
                "imap.gmail.com 993 TLS", "smtp.gmail.com 587 STARTTLS", "https://oauth2.googleapis.com/token",
                "https://mail.google.com/", "[Gmail]/Sent Mail",
            ),
            _("By XOAUTH2, or by an app password where two steps are on. It files sent mail by itself: proof by the"
              " folder of sent mail."),
        ),
        Provider(
            "Microsoft 365",
            (
                "outlook.office365.com 993 TLS", "smtp.office365.com 587 STARTTLS",
                "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token", "https://outlook.office365.com/.default",
                "Sent Items",
            ),
            _("By XOAUTH2 only: passwords are refused. It files sent mail by itself: proof by the folder of sent"
              " mail."),
        ),
        Provider(
            "GMX, WEB.DE, IONOS", (),
            _("By password; reading by IMAP has to be switched on in its settings first. Plus addresses are not taken"
              " by all."),
        ),
        Provider(
            "Dovecot, Postfix", (),
            _("Plus addresses work where recipient_delimiter is +. Then proof by plus addresses is the surest."),
        ),
    ]  # fmt: skip
