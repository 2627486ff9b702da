"""Real nginx and haproxy before a desk, run from the very files of docs/deploy with this run's ports and paths."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.running import ROOT, free_port
from tests.support.services import box, environment, program, until

DEPLOY = ROOT / "docs" / "deploy"


@dataclass(frozen=True)
class Front:
    """A proxy. `origin` is what browsers see; `certificate` its authority, None without TLS."""

    port: int
    certificate: Path | None = None

    @property
    def origin(self) -> str:
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"


def nginx_program() -> str:
    """Raises NotToBeHad."""
    return program("nginx", "/usr/sbin/nginx", f"{box()}/usr/sbin/nginx")


def haproxy_program() -> str:
    """Raises NotToBeHad."""
    return program("haproxy", "/usr/sbin/haproxy", f"{box()}/usr/sbin/haproxy")


@contextlib.contextmanager
def host_nginx(folder: Path, port: int, desk: int) -> Iterator[Front]:
    """docs/deploy/nginx-host.conf before a web on `desk`. Raises NotToBeHad."""
    path, own = nginx_program(), _certificate(folder)
    text = (DEPLOY / "nginx-host.conf").read_text()
    text = _put(text, "listen 80;", f"listen 127.0.0.1:{free_port()};")
    text = _put(text, "listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;")
    text = _put(text, "/etc/ssl/desk", str(own))
    with _nginx(folder, path, _one_web(text, desk), port):
        yield Front(port, own / "chain.pem")


@contextlib.contextmanager
def container_nginx(folder: Path, port: int, desk: int) -> Iterator[Front]:
    """docs/deploy/nginx.conf, as compose.yaml mounts it. Raises NotToBeHad."""
    path = nginx_program()
    text = _put((DEPLOY / "nginx.conf").read_text(), "listen 8080;", f"listen 127.0.0.1:{port};")
    text = _put(text, "http://web:8000", f"http://127.0.0.1:{desk}")
    with _nginx(folder, path, text, port):
        yield Front(port)


@contextlib.contextmanager
def haproxy(folder: Path, port: int, desk: int, more: str = "") -> Iterator[Front]:
    """docs/deploy/haproxy.cfg before a web on `desk`, with a line more for its frontend. Raises NotToBeHad."""
    path, own = haproxy_program(), _certificate(folder)
    text = _put((DEPLOY / "haproxy.cfg").read_text(), "bind :443", f"bind 127.0.0.1:{port}")
    text = _one_web(_put(text, "/etc/ssl/desk", str(own)), desk)
    text = _put(text, "maxconn 20000", "maxconn 1000")  # two files each: a test may have fewer
    text = _put(text, "    default_backend", f"    {more}\n    default_backend")
    conf = folder / "haproxy.cfg"
    conf.write_text(text)
    with _running([path, "-db", "-f", str(conf)], folder, port):
        yield Front(port, own / "chain.pem")


@contextlib.contextmanager
def _nginx(folder: Path, path: str, conf: str, port: int) -> Iterator[None]:
    """With the rest of a configuration around it, all of whose files are in the folder."""
    (folder / "site.conf").write_text(conf)
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{each}_temp_path {folder}/{each};" for each in places)
    whole = (
        f"daemon off; pid {folder}/pid; error_log {folder}/log; {'user root;' if os.geteuid() == 0 else ''}"
        f"worker_processes 1; events {{}} http {{ access_log off; {temporary} include {folder}/site.conf; }}"
    )
    (folder / "nginx.conf").write_text(whole)
    with _running([path, "-p", str(folder), "-e", f"{folder}/log", "-c", f"{folder}/nginx.conf"], folder, port):
        yield


@contextlib.contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "out").open("ab") as out:
        child = subprocess.Popen(command, env=environment(command[0]), stdout=out, stderr=out)
    try:
        until(lambda: child.poll() is not None or _listens(port))
        assert child.poll() is None, (folder / "out").read_text()
        yield
    finally:
        child.terminate()
        child.wait()


def _listens(port: int) -> bool:
    return f":{port:04X} 00000000:0000 0A" in Path("/proc/net/tcp").read_text()


def _put(text: str, old: str, new: str) -> str:
    assert old in text, f"docs/deploy names no {old}"
    return text.replace(old, new)


def _one_web(text: str, desk: int) -> str:
    """Both webs of the file are this one."""
    assert "127.0.0.1:8001" in text and "127.0.0.1:8002" in text
    text = re.sub(r"^.*127\.0\.0\.1:8002.*\n", "", text, flags=re.M)
    return text.replace("127.0.0.1:8001", f"127.0.0.1:{desk}")


def _certificate(folder: Path) -> Path:
    """Of an authority of its own, for this machine."""
    own = folder / "tls"
    own.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=desk", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", str(own / "key.pem"), "-out", str(own / "chain.pem")],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    (own / "both.pem").write_text((own / "chain.pem").read_text() + (own / "key.pem").read_text())
    return own
