"""A real desk with its admin signed in, for tests that go through the administration's pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx2

from tests.support.running import ROOT, RunningDesk

PASSWORD = "a sentence of its own"


def made(desk: RunningDesk) -> str:
    """A real desk in the folder; the admin's link."""
    ran = subprocess.run(
        [sys.executable, "-m", "vipdesk", "setup", "--name", "Larkfield Support", "--admin", "jonas@larkfield.example",
         "--json"],
        cwd=ROOT, env=os.environ | {"VIPDESK_DATA": str(desk.folder), "VIPDESK_PORT": str(desk.port)}, check=True,
        capture_output=True,
    )  # fmt: skip
    return str(json.loads(ran.stdout)["link"])


class Admin:
    """A browser without a script, as far as forms go: keeps its cookie, sends what a page's form holds."""

    def __init__(self, desk: RunningDesk, link: str) -> None:
        self.http = httpx2.Client(base_url=desk.origin, headers={"Origin": desk.origin}, follow_redirects=True)
        self.folder = desk.folder
        self.http.post(link, data={"password": PASSWORD})
        self.page = self.http.get("/admin")
        assert self.page.status_code == 200, self.page.text

    def get(self, path: str) -> str:
        """The page's text."""
        self.page = self.http.get(path)
        return self.page.text

    def post(self, path: str, **fields: object) -> str:
        """Sends a form; the text of the page that comes."""
        csrf = self.http.get("/admin/calendars").text.split('name="csrf" value="')[1].split('"')[0]
        self.page = self.http.post(path, data={"csrf": csrf} | fields)
        return self.page.text

    def close(self) -> None:
        self.http.close()
