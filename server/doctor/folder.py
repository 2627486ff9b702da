"""The data folder: whose it is, who may look into it, its disk, its key."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from server.doctor.finding import Finding
from server.opening import StartError, sealer_here
from server.settings import Settings

LEAST_FREE = 1024**3


def folder(settings: Settings) -> Iterator[Finding]:
    if not settings.data.is_dir():
        yield Finding(f"There is no data folder {settings.data}.", "Set VIPDESK_DATA, or make a desk: vipdesk setup")
        return
    if not os.access(settings.data, os.W_OK | os.X_OK):
        yield Finding(
            f"The data folder {settings.data} cannot be written.", "Give it to the user who runs the desk: chown"
        )
    yield from _rights(settings.data)
    if shutil.disk_usage(settings.data).free < LEAST_FREE:
        yield Finding(f"The disk of {settings.data} is nearly full.", "Make room: below 1 GiB the desk soon stops.")


def secrets(settings: Settings) -> Iterator[Finding]:
    key = settings.data / "secret.key"
    if settings.secret_keys or not key.is_file():
        if settings.database_url and not settings.secret_keys:
            yield Finding(
                "VIPDESK_SECRET_KEYS is not set.", "Set the same in every process; vipdesk new-key makes one."
            )
    elif stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield Finding(f"Others may read the secret key {key}.", f"chmod 600 {key}")


def keys(settings: Settings) -> Iterator[Finding]:
    try:
        sealer_here(settings)
    except StartError as error:
        yield Finding(
            str(error), "Put back the one that was there: VIPDESK_SECRET_KEYS, or secret.key of the data folder."
        )


def _rights(data: Path) -> Iterator[Finding]:
    found = data.stat()
    if stat.S_IMODE(found.st_mode) & 0o007:
        yield Finding(f"Everybody on this machine may look into the data folder {data}.", f"chmod o= {data}")
    if found.st_uid != os.geteuid():
        yield Finding(
            f"The data folder {data} belongs to {_user(found.st_uid)}, and this is {_user(os.geteuid())}.",
            f"Run every vipdesk command as {_user(found.st_uid)}: what another makes there, the desk cannot change.",
        )
    others = [each for each in _inside(data) if each.lstat().st_uid != found.st_uid]
    if others:
        more = f", and {len(others) - 1} more" if others[1:] else ""
        yield Finding(
            f"{others[0]} belongs to another user than the data folder{more}.", f"chown -R {_user(found.st_uid)} {data}"
        )


def _inside(data: Path) -> Iterator[Path]:
    """What the desk writes to: two floors, since attachments are written once and then only read."""
    try:
        for each in sorted(data.iterdir()):
            yield each
            if each.is_dir() and not each.is_symlink():
                yield from sorted(each.iterdir())
    except OSError:  # what cannot be read was named above
        return


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
