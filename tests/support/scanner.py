"""A real clamd of the tests' own, which knows one virus: the file that EICAR publishes to try scanners with."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.services import box, environment, program, until

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CONFIGURATION = """\
LocalSocket {socket}
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
StreamMaxLength 100K
Foreground yes
SelfCheck 0
"""


@contextlib.contextmanager
def clamd(folder: Path) -> Iterator[Path]:
    """The path of its socket, which is there once it answers. Raises NotToBeHad."""
    path = program("clamd", f"{box()}/usr/sbin/clamd", "/usr/sbin/clamd")
    (folder / "signatures").mkdir(parents=True)
    known = f"{hashlib.md5(EICAR, usedforsecurity=False).hexdigest()}:{len(EICAR)}:Eicar-Test\n"
    (folder / "signatures" / "own.hdb").write_text(known)
    socket, written = folder / "clamd.sock", folder / "clamd.conf"
    written.write_text(CONFIGURATION.format(socket=socket, folder=folder))
    with (folder / "clamd.log").open("wb") as log:
        process = subprocess.Popen([path, "-c", str(written)], env=environment(path), stdout=log, stderr=log)
    try:
        until(lambda: socket.exists() or process.poll() is not None)
        assert process.poll() is None, (folder / "clamd.log").read_text()
        yield socket
    finally:
        process.terminate()
        process.wait()
        socket.unlink(missing_ok=True)
