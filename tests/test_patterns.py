"""No pattern of ours can be made to think for long: each is held against a MiB of what strangers like to send, and is
looked for in 64 KiB of it."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.support.pages import ROOT

FOLDERS = ("routing", "store", "live", "desk", "mailbox", "server")
CPU_S = 20
"""Of the processor's time, for each pattern and text: a hundred times what the slowest takes. One that is not linear
would take many minutes, and is ended and named."""
RUN = """
import importlib, pathlib, re, resource, signal, time

def give_up(*_):
    raise SystemExit(f"{{path}}: {{pattern.pattern}} thinks for too long about {{piece!r}}")

signal.signal(signal.SIGXCPU, give_up)
HOSTILE = ["a", "0", " ", ".", "-", "/", "@", "a@", "a.", "a-", "0-", "a,",
           "\\n", "é", "a b ", "=;", "1.", "{{", "09:00-", "at `$.", "\\t"]
seen = 0
for folder in {folders}:
    for path in sorted(pathlib.Path(folder).rglob("*.py")):
        if path.name != "__main__.py":
            module = importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
            for pattern in [each for each in vars(module).values() if isinstance(each, re.Pattern)]:
                seen += 1
                for piece in HOSTILE:
                    text = (piece * 2**20)[:2**20] + "!"
                    given = text.encode() if isinstance(pattern.pattern, bytes) else text
                    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + {cpu}, resource.RLIM_INFINITY))
                    pattern.fullmatch(given), pattern.match(given), pattern.sub(given[:0], given[-2**16:])
print(seen)
"""


def test_no_pattern_can_be_made_to_think_for_long() -> None:
    code = RUN.format(cpu=CPU_S, folders=FOLDERS)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:] or "a pattern took too long"
    written = sum(
        len(re.findall(r"^_?[A-Z_]+ = re\.compile", path.read_text("utf-8"), re.M))
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
    )
    assert int(done.stdout) >= written > 5
