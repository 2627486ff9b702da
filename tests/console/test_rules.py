"""Store, actions, keys and words of the console: the same tests in Chromium and, where it is installed, in node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.console.tree import ORIGIN, lay, serve
from tests.console.waiting import until

MODULES = sorted(path.name for path in (Path(__file__).parent / "js").glob("*.test.js"))
# Nothing is awaited by the evaluation itself: Chromium may collect the promise of an import that it waits for.
RUN = """(name) => {
  Promise.all([import("/tests/check.js"), import(`/tests/${name}`)])
    .then(([{run}, {tests}]) => run(tests)).then((results) => { window.results = results; });
}"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay(tmp_path_factory.mktemp("console") / "static")


@pytest.mark.parametrize("module", MODULES)
def test_the_rules_of_the_console_hold_in_chromium(module: str, tree: Path, chromium: Browser) -> None:
    with chromium.new_context() as context:
        serve(context, tree)
        page = context.new_page()
        page.goto(ORIGIN)
        page.evaluate(RUN, module)
        results = until(page, "window.results")
    assert results, "no test ran"
    assert {sentence: wrong for sentence, wrong in results.items() if wrong} == {}


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; Chromium runs the same tests")
def test_the_rules_of_the_console_hold_in_node(module: str, tree: Path) -> None:
    script = (
        f"const {{run}} = await import('./tests/check.js'); const {{tests}} = await import('./tests/{module}');"
        "process.stdout.write(JSON.stringify(await run(tests)));"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {sentence: wrong for sentence, wrong in json.loads(done.stdout).items() if wrong} == {}
