"""Everything that is sealed with the desk's keys, wherever it is kept."""

from sqlalchemy import select

from store.engine import Connection
from store.schema import agent, button_secret, mailbox

_KEYS = select(button_secret.c.key_sealed)
_BOXES = select(mailbox.c.secret_sealed)
_STEPS = select(agent.c.totp_secret).where(agent.c.totp_secret.is_not(None))


def every(connection: Connection) -> list[bytes]:
    """Signing keys of buttons, ways into mailboxes, second steps of agents."""
    keys = [bytes(row.key_sealed) for row in connection.all(_KEYS)]
    keys += [bytes(row.secret_sealed) for row in connection.all(_BOXES)]
    return keys + [row.totp_secret.encode() for row in connection.all(_STEPS)]
