"""No pattern of ours can be made to think for long: each reads 64 KiB of what strangers like to send, in one go."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.support.pages import ROOT

FOLDERS = ("routing", "store", "live", "desk", "mailbox", "server")
CPU_S = 60
RUN = """
import importlib, pathlib, re, resource
resource.setrlimit(resource.RLIMIT_CPU, ({cpu}, {cpu}))
HOSTILE = ["a", "0", " ", ".", "-", "/", "@", "a@", "a.", "a-", "0-", "a,", "\\n", "é", "a b ", "=;", "1."]
seen = 0
for folder in {folders}:
    for path in sorted(pathlib.Path(folder).rglob("*.py")):
        if path.name != "__main__.py":
            module = importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
            for pattern in [each for each in vars(module).values() if isinstance(each, re.Pattern)]:
                seen += 1
                for piece in HOSTILE:
                    text = (piece * 65536)[:65536] + "!"
                    given = text.encode() if isinstance(pattern.pattern, bytes) else text
                    pattern.fullmatch(given), pattern.match(given), pattern.sub(given[:0], given)
print(seen)
"""


def test_no_pattern_can_be_made_to_think_for_long() -> None:
    """The limit of the processor's time ends it: 64 KiB squared would take hours."""
    code = RUN.format(cpu=CPU_S, folders=FOLDERS)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:] or "a pattern took too long"
    written = sum(
        len(re.findall(r"^_?[A-Z_]+ = re\.compile", path.read_text("utf-8"), re.M))
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
    )
    assert int(done.stdout) >= written > 5
