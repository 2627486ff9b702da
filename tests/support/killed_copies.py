"""Backups and restores that are killed on their way: `python -m tests.support.killed_copies DATA FOLDER EVERY [URL]`.

On files at every n-th thing they do to one, in PostgreSQL every 5 n milliseconds. What has a backup's name must be
whole; a restore that was killed can be run again. The parent never starts a thread, so it may fork. Prints one JSON
object.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from server.cli import main as vipdesk
from server.cli import parser
from store.copies.errors import CopyFailed
from store.copies.folder import UNFINISHED, Folder
from store.copies.homes import home_of
from store.copies.restoring import verified
from tests.support.copying import Place, dump

WATCHED = {"open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "os.chmod", "os.truncate",
           "shutil.copyfile", "sqlite3.connect"}  # fmt: skip
Arm = Callable[[], None]


class Kills:
    """`kills` done, and every promise that did not hold."""

    def __init__(self, data: Path, folder: Path, every: int) -> None:
        self._data, self._folder, self._every = data, folder, every
        self.target = folder / "target"
        self.kills = 0
        self.broken: list[str] = []

    def backups(self) -> None:
        """Until one gets to its end."""
        place, number = Place(self._data), 1
        while self._died(place, at_operation(number), "backup", str(self.target), "--keep", "2"):
            self._look(f"backup killed at operation {number}")
            number += self._every
        self._look("backup to its end")
        left = [each.name for each in self.target.iterdir() if each.name.startswith(UNFINISHED)]
        if left or not Folder(self.target).names():
            self.broken.append(f"after a backup to its end there is {left or 'none'}")

    def restores(self) -> None:
        """Into a new folder each, then again."""
        number = 1
        while self._died(self._fresh(), at_operation(number), "restore", str(self.target)):
            place = Place(self._folder / "place")
            if not home_of(f"sqlite:///{place.data}/vipdesk.db").is_taken():
                self._again(place, f"restore killed at operation {number}")
            self._compare(place.data / "vipdesk.db", f"restore killed at operation {number}")
            number += self._every

    def restores_into(self, url: str) -> None:
        """Into one database, until it is there."""
        place, number = Place(self._folder / "shared", url), 1
        while self._died(place, after_ms(number), "restore", str(self.target)):
            if home_of(url).is_taken():
                break
            number += self._every * 5
        if not home_of(url).is_taken():
            self._again(place, "restore into PostgreSQL")
        if _ran(place, lambda: None, "backup", str(self._folder / "from")) != 0:
            self.broken.append("what was restored cannot be backed up")
            return
        self._compare(
            self._folder / "from" / Folder(self._folder / "from").names()[-1] / "record.db", "restore into PostgreSQL"
        )

    def _died(self, place: Place, arm: Arm, *arguments: str) -> bool:
        """Whether it was killed; what a killed one left with the database is waited for."""
        status = _ran(place, arm, *arguments)
        while status == 256:
            status = _ran(place, arm, *arguments)
        self.kills += os.WIFSIGNALED(status)
        return os.WIFSIGNALED(status)

    def _fresh(self) -> Place:
        shutil.rmtree(self._folder / "place", ignore_errors=True)
        return Place(self._folder / "place")

    def _again(self, place: Place, when: str) -> None:
        if _ran(place, lambda: None, "restore", str(self.target)) != 0:
            self.broken.append(f"{when}: it cannot be repeated")

    def _look(self, when: str) -> None:
        folder = Folder(self.target)
        for name in folder.names():
            try:
                verified(folder, name)
            except CopyFailed as error:
                self.broken.append(f"{when}: {error}")

    def _compare(self, record: Path, when: str) -> None:
        if dump(record) != dump(self.target / Folder(self.target).names()[-1] / "record.db"):
            self.broken.append(f"{when}: the restored record is another")


def at_operation(number: int) -> Arm:
    """Dies before the n-th thing it does to a file."""

    def arm() -> None:
        left = [number]

        def count(event: str, _: object) -> None:
            if event in WATCHED:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)

    return arm


def after_ms(number: int) -> Arm:
    """Dies wherever it is then."""
    return lambda: (signal.setitimer(signal.ITIMER_REAL, number / 1000), None)[1]


def _ran(place: Place, arm: Arm, *arguments: str) -> int:
    """The wait status of a child that does it."""
    child = os.fork()
    if child == 0:
        code = 99
        with suppress(BaseException):  # the child must never return into the parent's code
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 2)
            os.environ.update({"VIPDESK_DATA": str(place.data), "VIPDESK_DATABASE_URL": place.database_url})
            arm()
            os.dup2(quiet, 1)
            code = vipdesk(arguments)
        os._exit(code)
    return os.waitpid(child, 0)[1]


def main(data: str, folder: str, every: str, url: str = "") -> None:
    parser()  # what it imports, no child opens
    kills = Kills(Path(data), Path(folder), int(every))
    kills.backups()
    kills.restores()
    if url:
        kills.restores_into(url)
    print(json.dumps({"kills": kills.kills, "broken": kills.broken}))


if __name__ == "__main__":
    main(*sys.argv[1:])
