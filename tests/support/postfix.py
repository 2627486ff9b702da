"""A real Postfix of the run's own, for the tests of mail that leaves: it takes mail, over TLS too, delivers to Dovecot
by LMTP, and writes bounces. Whose password or token is right it asks Dovecot. Installed or privately unpacked; it
runs as root only, which starts its parts as other users.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.dovecot import DovecotServer
from tests.support.services import NotToBeHad, box, environment, until

OWNER, OTHERS = "mail", "daemon"
"""Whom its queue belongs to, and the group that may hand mail in: two that are on every Debian."""
GONE, SLOW = "gone.example", "slow.example"
"""Domains of which nobody has an address, which Postfix finds out when it has the mail, and whose server is down."""


@dataclass
class PostfixServer:
    """`port` takes mail of this machine as it is. Of the others, which take it over TLS from who signs in, `submission`
    speaks STARTTLS, `smtps` TLS at once and knows AUTH LOGIN only, and `misnamed` shows a certificate of another host.
    """

    folder: Path
    process: subprocess.Popen[bytes]
    port: int
    submission: int
    smtps: int
    misnamed: int

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else "no log"

    def stop(self) -> None:
        """All of it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


@contextlib.contextmanager
def postfix_server(dovecot: DovecotServer) -> Iterator[PostfixServer]:
    """Starts one on free ports; mail for example.org goes to that Dovecot. Raises NotToBeHad."""
    root = _root()
    if os.geteuid() != 0:
        raise NotToBeHad("postfix (as root)")
    with tempfile.TemporaryDirectory(prefix="vipdesk-postfix-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        ports = dict(zip(_PORTS, _free_ports(), strict=True))
        _lay_out(folder, root, dovecot, ports)
        command = [f"{root}/usr/lib/postfix/sbin/master", "-c", f"{folder}/conf", "-s"]
        process = subprocess.Popen(
            command,
            env=_environment(root, folder),
            cwd=folder / "queue",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        server = PostfixServer(folder, process, *(ports[name] for name in _OPEN))
        try:
            until(lambda: all(_greets(ports[name]) for name in ("port", "submission")))
            yield server
        except TimeoutError:
            raise TimeoutError(server.log()) from None
        finally:
            server.stop()


def _root() -> str:
    """Below which it was installed or unpacked. Raises NotToBeHad."""
    for root in ("", box()):
        if Path(f"{root}/usr/lib/postfix/sbin/master").exists():
            return root
    raise NotToBeHad("postfix")


def _environment(root: str, folder: Path) -> dict[str, str]:
    own = environment(f"{root}/usr/lib/postfix/sbin/master")
    libraries = [f"{root}/usr/lib/postfix", own.get("LD_LIBRARY_PATH", "")]
    return own | {"LD_LIBRARY_PATH": ":".join(filter(None, libraries)), "MAIL_CONFIG": f"{folder}/conf"}


def _lay_out(folder: Path, root: str, dovecot: DovecotServer, ports: Mapping[str, int]) -> None:
    for made in ("conf", "data", "queue"):
        (folder / made).mkdir()
    for queue in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "saved", "trace",
                  "private", "public", "maildrop"):  # fmt: skip
        (folder / "queue" / queue).mkdir(mode=0o700)
        _own(folder / "queue" / queue)
    (folder / "queue" / "pid").mkdir()
    _own(folder / "data")
    libraries = _environment(root, folder)["LD_LIBRARY_PATH"]
    ours, others = dovecot.certificate, dovecot.authority.issue("mx.elsewhere.example")
    told = {"folder": folder, "root": root, "dovecot": dovecot, "libraries": libraries, "ours": ours, "others": others}
    (folder / "conf" / "main.cf").write_text(_MAIN.format(**told, **ports))
    (folder / "conf" / "master.cf").write_text(_MASTER.format(**told, **ports))


def _own(path: Path) -> None:
    os.chown(path, pwd.getpwnam(OWNER).pw_uid, -1)


_OPEN = ("port", "submission", "smtps", "misnamed")
_PORTS = (*_OPEN, "other", "dead")


def _free_ports() -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in _PORTS]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
            return line.recv(3) == b"220"
    except OSError:
        return False


_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {root}/usr/sbin
daemon_directory = {root}/usr/lib/postfix/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {root}/etc/postfix
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH={libraries}
export_environment = TZ LANG LD_LIBRARY_PATH
mail_owner = mail
setgid_group = daemon
default_privs = nobody
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
syslog_facility = local7
myhostname = mx.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
relay_domains =
recipient_delimiter = +
virtual_mailbox_domains = example.org
virtual_mailbox_maps =
virtual_transport = lmtp:[127.0.0.1]:{dovecot.lmtp_port}
transport_maps = inline:{{
  {{gone.example = smtp:[127.0.0.1]:{other}}}, {{slow.example = smtp:[127.0.0.1]:{dead}}} }}
default_transport = error:5.1.2 no such domain
smtpd_recipient_restrictions = permit_mynetworks, reject
smtp_host_lookup = native
disable_dns_lookups = yes
smtputf8_enable = no
message_size_limit = 10240000
queue_minfree = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
delay_warning_time = 1s
confirm_delay_cleared = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_tls_chain_files = {ours}
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{dovecot.auth_port}
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{other} inet n - n - - smtpd
  -o myhostname=mx.gone.example
  -o {{ smtpd_recipient_restrictions = check_recipient_access static:{{550 5.1.1 nobody of that name}} }}
127.0.0.1:{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o {{ smtpd_recipient_restrictions = permit_sasl_authenticated, reject }}
127.0.0.1:{smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sasl_mechanism_filter=login
  -o {{ smtpd_recipient_restrictions = permit_sasl_authenticated, reject }}
127.0.0.1:{misnamed} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_chain_files={others}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
