"""`vipdesk backup TARGET`, `backup verify TARGET`, `restore SOURCE`: whole copies of the desk, taken while it runs."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.cli import show
from server.opening import StartError, closed_to, sealer_here
from server.program import VERSION
from server.settings import Settings
from store import sealed
from store.blobs import Blobs
from store.copies.folder import Folder, found
from store.copies.homes import home_of
from store.copies.restoring import restore, verified
from store.copies.taking import Taken, take
from store.ledger import Ledger

KEYS_APART = "The keys are not in it: keep VIPDESK_SECRET_KEYS, or secret.key of the data folder, elsewhere."


def add(commands: Any) -> None:
    """Adds the commands."""
    one = commands.add_parser("backup", help="copy the whole desk while it runs, or verify such a copy")
    one.add_argument("verify", nargs="?", choices=["verify"], help="look through the newest backup instead")
    one.add_argument("target", type=Path, help="the folder of backups")
    one.add_argument("--keep", type=_count, help="how many backups stay; older ones are removed")
    one.add_argument("--json", action="store_true", help="for programs")
    one.set_defaults(command=_backup)
    back = commands.add_parser("restore", help="put a backup in place")
    back.add_argument("source", type=Path, help="a folder of backups, or one backup in it")
    back.add_argument("--replace", action="store_true", help="keep the desk that is here aside")
    back.add_argument("--json", action="store_true", help="for programs")
    back.set_defaults(command=_restore)


def _backup(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.verify:
        return _verify(arguments)
    folder, blobs = Folder(arguments.target), Blobs(settings.data / "files")
    taken = take(home_of(settings.record_url), blobs, folder, datetime.now(UTC), VERSION, arguments.keep)
    Ledger(arguments.target).take_over(Ledger(settings.data))
    said = taken.manifest
    value = {
        "backup": str(taken.path), "taken_at": said.taken_at.isoformat(), "rows": sum(said.rows.values()),
        "files": said.files, "copied": taken.copied, "removed": taken.removed, "missing": list(said.missing),
    }  # fmt: skip
    show(value, arguments.json, _told(taken))
    return 1 if said.missing else 0


def _told(taken: Taken) -> str:
    said = taken.manifest
    lines = [
        f"{taken.path} holds all that was acknowledged before {said.taken_at:%Y-%m-%d %H:%M:%S} UTC:",
        f"  {sum(said.rows.values())} rows, {said.files} attachments ({taken.copied} of them new here).",
        *([f"  Older backups removed: {taken.removed}."] if taken.removed else []),
        *([f"  ATTACHMENTS THAT THE DESK ITSELF HAS LOST: {', '.join(said.missing)}"] if said.missing else []),
        f"  {KEYS_APART}",
    ]
    return "\n".join(lines)


def _verify(arguments: argparse.Namespace) -> int:
    folder, name = found(arguments.target)
    said = verified(folder, name)
    value = {
        "backup": str(folder.path / name), "taken_at": said.taken_at.isoformat(), "rows": sum(said.rows.values()),
        "files": said.files, "audit_rows": said.audit_rows, "ok": True,
    }  # fmt: skip
    show(value, arguments.json, (
        f"{folder.path / name} is whole: {value['rows']} rows, {said.files} attachments, "
        f"{said.audit_rows} rows of audit whose chain holds."
    ))  # fmt: skip
    return 0


def _restore(settings: Settings, arguments: argparse.Namespace) -> int:
    folder, name = found(arguments.source)
    home = home_of(settings.record_url)
    if home.is_taken() and not arguments.replace:
        raise StartError("There is a desk here already. Choose an empty place, or keep it aside with --replace.")
    sealer = sealer_here(settings)
    done = restore(home, settings.data, folder, name, datetime.now(UTC))
    found_sealed = home.write(sealed.every)
    closed = closed_to(sealer, found_sealed)
    said = done.manifest
    value = {
        "restored": str(folder.path / name), "taken_at": said.taken_at.isoformat(), "rows": sum(said.rows.values()),
        "files": said.files, "copied": done.copied, "epoch": done.epoch, "aside": done.aside or None,
        "closed_secrets": closed, "erased_again": done.erased,
    }  # fmt: skip
    lines = [
        f"The desk of {said.taken_at:%Y-%m-%d %H:%M:%S} UTC is in place, every hash checked, the audit's chain holds:",
        f"  {value['rows']} rows, {said.files} attachments ({done.copied} of them were not here).",
        f"  The epoch is {done.epoch}: every open page begins anew. Mail since then is to be read again.",
        *([f"  The desk that was here is kept in {done.aside}."] if done.aside else []),
        *([f"  {done.erased} contacts who were erased stay so."] if done.erased else []),
        *([f"  {closed} secrets cannot be opened with the keys here. {KEYS_APART}"] if closed else []),
    ]
    show(value, arguments.json, "\n".join(lines))
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("it must be a number from 1 on")
    return int(text)
