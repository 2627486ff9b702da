"""A real Dovecot of the run's own, for the tests of mail.

Installed or privately unpacked, as root it runs whole, as `nobody`: unpacked, in a mount namespace in which its fixed
paths are there. Elsewhere its IMAP engine runs behind a small front (tests/support/dovecot_pipe.py): no LMTP, no OAuth.
"""

from __future__ import annotations

import contextlib
import glob
import grp
import os
import pwd
import secrets
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.imap_certificates import Authority
from tests.support.services import box, environment, program, until

SECRET = "secret"


@dataclass
class DovecotServer:
    """`whole`: login, LMTP and OAuth are Dovecot's own. Every mailbox's password is SECRET until it is changed."""

    folder: Path
    whole: bool
    imap_port: int
    imaps_port: int
    lmtp_port: int
    auth_port: int
    """Where another server asks whether a password or a token is right."""
    tokens_port: int
    """Where Dovecot asks whose a token is (tests/support/imap_tokens.py)."""
    authority: Authority
    command: list[str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> str:
        return self.authority.ca_file

    @property
    def certificate(self) -> str:
        """The file, with its key."""
        return f"{self.folder}/127.0.0.1.pem"

    # The server -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, env=_environment(), cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(lambda: all(_answers(port) for port in self._ports()))
        except TimeoutError:
            raise TimeoutError(self.log()) from None

    def stop(self) -> None:
        """In good order: clients are told."""
        assert self.process is not None
        for pid in [*self.engines(), self.process.pid]:  # it would give its engines ten seconds
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        self.process.wait()

    def kill(self) -> None:
        """As a power cut does: the server and all its children, until the last is gone: the next one wants their
        ports. It is frozen before, as it would beget more meanwhile. Locks that they held are gone with them: the next
        server would wait two minutes for whoever died while it wrote the list of a folder.
        """
        assert self.process is not None
        own = self.process.pid
        self.process.send_signal(signal.SIGSTOP)
        until(lambda: _state(own) in "TZX")
        dying = [own, *_children(own)]
        for pid in dying:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        until(lambda: all(_state(pid) in "ZX" for pid in dying))
        for lock in (self.folder / "mail").glob("**/*.lock"):
            lock.unlink(missing_ok=True)

    def engines(self) -> list[int]:
        """The processes that serve clients who are logged in."""
        assert self.process is not None
        return [pid for pid in _children(self.process.pid) if _name(pid) == "imap"]

    def _ports(self) -> list[int]:
        return [self.imap_port, self.imaps_port, *([self.lmtp_port] if self.whole else [])]

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else "no log"

    # Mailboxes --------------------------------------------------------------------------------------------------------

    def mailbox(self) -> str:
        """A new user's name, whose INBOX is empty."""
        name = f"anna-{secrets.token_hex(6)}"
        self.password(name, SECRET)
        return name

    def password(self, user: str, secret: str) -> None:
        """Gives a user this password. Dovecot looks into a file it knows once a second at most."""
        path = self.folder / "users" / user
        fresh = path.with_suffix(".new")
        fresh.write_text(f"{user}:{{PLAIN}}{secret}\n")
        _own(fresh)
        fresh.rename(path)  # a reader sees the old file or the new one

    def deliver(self, user: str, *mails: bytes, plus: str = "") -> None:
        """As a mail server does: by LMTP, or, without, into the mailbox's folder."""
        if self.whole:
            with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
                for raw in mails:
                    lmtp.sendmail("sender@example.org", [f"{user}{plus and f'+{plus}'}@example.org"], raw)
        else:
            for raw in mails:
                self.drop(user, raw)

    def drop(self, user: str, raw: bytes) -> None:
        """Puts a mail into the INBOX's folder, which every Maildir allows. The name tells when it came, as Maildir has
        it: Dovecot numbers by that.
        """
        for part in ("cur", "new", "tmp"):
            (self.maildir(user) / part).mkdir(parents=True, exist_ok=True)
        for path in (self.maildir(user).parent, self.maildir(user), *self.maildir(user).iterdir()):
            with contextlib.suppress(FileNotFoundError):  # of its own files some come and go
                _own(path)
        seconds, rest = divmod(time.time_ns(), 1_000_000_000)
        name = f"{seconds}.M{rest // 1000}P{os.getpid()}R{secrets.token_hex(8)}.test"
        (self.maildir(user) / "tmp" / name).write_bytes(raw.replace(b"\r\n", b"\n"))
        _own(self.maildir(user) / "tmp" / name)
        (self.maildir(user) / "tmp" / name).rename(self.maildir(user) / "new" / name)

    def maildir(self, user: str) -> Path:
        return self.folder / "mail" / user / "Maildir"

    def forget_numbers(self, user: str) -> None:
        """Of the INBOX, as after a restore or a move to another host: the mails stay, UIDVALIDITY is another."""
        for path in [*self.maildir(user).glob("dovecot-uidlist"), *self.maildir(user).glob("dovecot.index*")]:
            path.unlink()


@contextlib.contextmanager
def dovecot_server(*, whole: bool = True) -> Iterator[DovecotServer]:
    """Starts one on free ports, whole where that is possible and wanted. Raises NotToBeHad."""
    path = program("dovecot", "/usr/sbin/dovecot", f"{box()}/usr/sbin/dovecot")
    with tempfile.TemporaryDirectory(prefix="vipdesk-dovecot-") as name:
        folder = Path(name)
        authority = Authority(folder)
        authority.issue("127.0.0.1")
        ports = _free_ports()
        enter = _entering(path)
        whole = whole and enter is not None
        server = DovecotServer(folder, whole, *ports, authority, [])
        if whole and enter is not None:
            (folder / "conf").write_text(_configuration(server) + _WHOLE.format(server=server))
            server.command = [*enter, "-F", "-c", f"{folder}/conf"]
        else:
            (folder / "conf").write_text(_configuration(server) + f"libexec_dir = {_libexec(path)}\n")
            server.command = [*_as_nobody(), *_front(server, path)]
        (folder / "oauth").write_text(_OAUTH.format(server=server))
        for made in ("base", "state", "mail", "users"):
            (folder / made).mkdir()
        for each in (folder, *folder.iterdir()):
            _own(each)
        try:
            server.start()
            yield server
        finally:
            if server.process is not None and server.process.poll() is None:
                server.kill()


# How it is started ----------------------------------------------------------------------------------------------------


def _entering(path: str) -> list[str] | None:
    """The command before Dovecot's options with which it runs whole; None where it cannot."""
    unpacked = Path(path).resolve().is_relative_to(Path(box()).resolve())
    if not unpacked:
        return [*_as_nobody(), path]
    elif os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        return None
    else:
        mounts = [f"mount -t overlay vipdesk -o lowerdir={box()}/usr/{part}:/usr/{part} /usr/{part}" for part in _PARTS]
        if subprocess.run(_inside(" && ".join(mounts)), check=False, stderr=subprocess.DEVNULL).returncode != 0:
            return None
        return _inside(" && ".join([*mounts, 'exec "$@"']), "sh", *_as_nobody(), path)


_PARTS = ("lib", "bin")
"""Of /usr, where Dovecot looks for its own files whatever it is told."""


def _inside(script: str, *arguments: str) -> list[str]:
    return ["unshare", "-m", "--propagation", "private", "sh", "-c", script, *arguments]


def _as_nobody() -> list[str]:
    if os.geteuid() == 0:
        return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    else:
        return []


def _front(server: DovecotServer, path: str) -> list[str]:
    doveconf = shutil.which("doveconf") or str(Path(path).parent.parent / "bin" / "doveconf")
    engine = [
        doveconf,
        "-f",
        "service=imap",
        "-c",
        f"{server.folder}/conf",
        "-m",
        "imap",
        "-e",
        f"{_libexec(path)}/imap",
    ]
    front = str(Path(__file__).with_name("dovecot_pipe.py"))
    ports = [str(server.imap_port), str(server.imaps_port)]
    return [sys.executable, front, *ports, str(server.folder), *engine]


def _libexec(path: str) -> str:
    return str(Path(path).resolve().parent.parent / "lib" / "dovecot")


def _environment() -> dict[str, str]:
    own = environment(f"{box()}/usr/sbin/dovecot")
    if "LD_LIBRARY_PATH" in own:
        own["LD_LIBRARY_PATH"] += f":{box()}/usr/lib/dovecot"
    return own


def _own(path: Path) -> None:
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody")
        os.chown(path, owner.pw_uid, owner.pw_gid)


def _free_ports() -> tuple[int, int, int, int, int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(5)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        first, second, third, fourth, fifth = (probe.getsockname()[1] for probe in probes)
        return first, second, third, fourth, fifth


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    """All below a process."""
    parents: dict[int, list[int]] = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = Path(path).read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(path.split("/")[2]))
    found = list(parents.get(pid, []))
    for each in found:
        found += parents.get(each, [])
    return found


def _state(pid: int) -> str:
    """Its letter, Z where it is dead; X where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


# What it is told ------------------------------------------------------------------------------------------------------


def _configuration(server: DovecotServer) -> str:
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    folder = server.folder
    return f"""
base_dir = {folder}/base
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap{" lmtp" if server.whole else ""}
listen = 127.0.0.1
default_internal_user = {account.pw_name}
default_internal_group = {grp.getgrgid(account.pw_gid).gr_name}
default_login_user = {account.pw_name}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{folder}/mail/%n/Maildir
mail_uid = {account.pw_uid}
mail_gid = {account.pw_gid}
mail_fsync = never
ssl = {"yes" if server.whole else "no"}
"""


_WHOLE = """
recipient_delimiter = +
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
mail_max_userip_connections = 10
ssl_cert = <{server.certificate}
ssl_key = <{server.certificate}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=plain username_format=%u {server.folder}/users/%u
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {server.folder}/oauth
}}
userdb {{
  driver = static
  args = home={server.folder}/mail/%n allow_all_users=yes
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {server.imap_port}
  }}
  inet_listener imaps {{
    port = {server.imaps_port}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {server.auth_port}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {server.lmtp_port}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@example.org
}}
"""
_OAUTH = """
introspection_mode = post
introspection_url = http://127.0.0.1:{server.tokens_port}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""
