"""A real desk from nothing, all by commands; a press on its new button then reaches the new named agent on the wire."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.client import Client, sign_in, visit
from tests.support.eventually import eventually
from tests.support.running import ROOT, RunningDesk

ALWAYS = [f"--{day}=00:00-24:00" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")]


class Shell:
    """`vipdesk …` on a data folder, as an admin types it."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._env = os.environ | {"VIPDESK_DATA": str(folder)} | env

    def ran(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vipdesk", *arguments], cwd=ROOT, env=self._env, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip

    def __call__(self, *arguments: str) -> Any:
        """What the command answers to programs."""
        ran = self.ran(*arguments, "--json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def refused(self, *arguments: str) -> str:
        """The one sentence."""
        ran = self.ran(*arguments)
        [line] = ran.stderr.strip().splitlines()
        assert ran.returncode in (1, 2) and ran.stdout == ""
        return line


@pytest.fixture
def desk(tmp_path: Path) -> RunningDesk:
    return RunningDesk(tmp_path / "data")


@pytest.fixture
def shell(desk: RunningDesk) -> Shell:
    made = Shell(desk.folder, {"VIPDESK_PORT": str(desk.port)})
    made("setup", "--name", "Larkfield Support", "--admin", "jonas@larkfield.example")
    return made


@pytest.fixture
def running(desk: RunningDesk, shell: Shell) -> Iterator[RunningDesk]:
    with desk:
        yield desk


def hire(shell: Shell, name: str, *more: str) -> Any:
    return shell("agent", "add", "--name", name, "--email", f"{name.split()[0].lower()}@larkfield.example", *more)


def furnish(shell: Shell) -> str:
    """Customer, add-on, named agent, stand-in, hours and button; the button's key."""
    shell("calendar", "add", "--name", "Round the clock", *ALWAYS)
    shell("customer", "add", "--name", "Brightwater Hotels", "--domains", "brightwater.example", "--named",
          "eva@larkfield.example", "--stand-ins", "ben@larkfield.example")  # fmt: skip
    shell("add-on", "add", "Brightwater Hotels", "--since", "2020-01-01")
    shell("contact", "add", "--customer", "brightwater.example", "--name", "Priya Raman", "--email",
          "priya@brightwater.example", "--coordinator")  # fmt: skip
    button = shell("button", "add", "--customer", "Brightwater Hotels", "--origins", "https://portal.brightwater.example",
                   "--calendar", "Round the clock")  # fmt: skip
    return str(button["key"])


async def begin(desk: RunningDesk, link: str, password: str) -> None:
    """Uses a sign-in link as the page does."""
    async with httpx2.AsyncClient(headers={"Origin": desk.origin}) as http:
        answer = await http.post(link, data={"password": password})
        assert answer.status_code == 303


async def test_a_press_on_a_button_made_by_commands_reaches_the_named_agent(running: RunningDesk, shell: Shell) -> None:
    eva = hire(shell, "Eva Marin", "--teams", "dedicated")
    hire(shell, "Ben Okafor", "--teams", "dedicated")
    key = furnish(shell)
    await begin(running, eva["link"], "eva-has-a-sentence")
    async with Client(
        running.origin, "agent", await sign_in(running.origin, eva["email"], "eva-has-a-sentence")
    ) as agent:
        await agent.ask("presence", status="available", auto_answer=False)
        async with Client(running.origin, "contact", await visit(running.origin, key)) as contact:
            pressed = await contact.ask("press", text="The feed has stopped.")
            ring = await agent.until(lambda frame: frame["type"] == "ring")
            assert ring["ticket"] == pressed["ticket"] and ring["why"]["step"] == "named"
            await agent.ask("accept", ring=ring["ring"])
    told = shell("route", "explain", ring["number"])
    assert told["ticket"] == pressed["ticket"]
    assert [each["agent"]["name"] for each in told["decisions"] if each["kind"] == "decision"] == ["Eva Marin"]
    assert "Eva Marin: In office hours" in shell.ran("route", "explain", pressed["chat"]["id"]).stdout


async def test_a_command_changes_what_the_running_desk_promises_and_ends_who_left(
    running: RunningDesk, shell: Shell
) -> None:
    eva, ben = hire(shell, "Eva Marin", "--teams", "dedicated"), hire(shell, "Ben Okafor", "--teams", "dedicated")
    key = furnish(shell)
    await begin(running, eva["link"], "eva-has-a-sentence")
    async with Client(
        running.origin, "agent", await sign_in(running.origin, eva["email"], "eva-has-a-sentence")
    ) as agent:
        await agent.ask("presence", status="available", auto_answer=False)
        async with Client(running.origin, "contact", await visit(running.origin, key)) as contact:
            shell("add-on", "end", "Brightwater Hotels")
            await contact.until(lambda frame: frame["type"] == "promise" and frame["because"] == "expired")
        shell("agent", "change", eva["id"], "--roles", "agent,lead")
        await eventually(lambda: agent.connections == 2)  # the line is opened anew, with what a lead may do
        shell("agent", "leave", eva["id"], "--successor", ben["id"])
        shown = shell("customer", "show", "Brightwater Hotels")
        assert (shown["named"], shown["stand_ins"]) == ("Ben Okafor", [])
        await eventually(lambda: agent.closed_with == 4401)


def test_what_is_wrong_is_said_in_one_sentence_and_changes_nothing(shell: Shell) -> None:
    hire(shell, "Eva Marin", "--teams", "dedicated")
    said = shell.refused("customer", "add", "--name", "Brightwater", "--zone", "bratislava")
    assert said == "vipdesk: There is no zone “bratislava”. Did you mean Europe/Bratislava? (zone)"
    assert "There is no agent anna" in shell.refused("customer", "add", "--name", "Brightwater", "--named", "anna")
    said = shell.refused(
        "customer", "add", "--name", "Brightwater", "--domains", f"halden.example, {'a' * 300}.example"
    )
    assert said == f"vipdesk: “{'a' * 60}” is not a domain. A domain is what follows the @: example.com (domains)"
    assert shell("customer", "list") == []
    shell("customer", "add", "--name", "Brightwater")
    said = shell.refused("button", "add", "--customer", "Brightwater", "--origins", "portal.example.com/a")
    assert "An origin is scheme and host: https://portal.example.com" in said
    said = shell.refused("add-on", "add", "Brightwater", "--since", "2026-01-01", "--until", "2025-12-31")
    assert "Ends before it starts. Did you mean 2026-12-31?" in said
    assert "is the only admin" in shell.refused("agent", "leave", "jonas@larkfield.example")
    assert "the following arguments are required" in shell.refused("agent", "add", "--name", "Eva")


def test_a_simulation_answers_for_any_instant(shell: Shell) -> None:
    hire(shell, "Eva Marin", "--teams", "dedicated")
    hire(shell, "Ben Okafor", "--teams", "dedicated")
    key = furnish(shell)
    shell("button", "change", key, "--calendar", "Office, Mon-Fri 9-17")
    open_, shut = (
        shell("route", "simulate", "--button", key, "--at", at, "--severity", "2")
        for at in ("2026-03-04T10:00+01:00", "2026-03-04T20:00+01:00")
    )
    assert (open_["because"], open_["steps"]) == ("open", ["named", "stand_in", "technical", "pool"])
    assert open_["skipped"][0] == {"agent": "Eva Marin", "step": "named", "reason": "offline"}
    assert (shut["because"], shut["steps"]) == ("closed", ["pool"])
    for far in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"):
        assert "of this century" in shell.refused("route", "simulate", "--button", key, "--at", far)
    assert "needs an offset" in shell.refused("route", "simulate", "--button", key, "--at", "2026-03-04T09:00")


def test_everything_can_be_changed_listed_and_shown(desk: RunningDesk, shell: Shell) -> None:
    hire(shell, "Eva Marin", "--teams", "dedicated")
    hire(shell, "Ben Okafor")
    key = furnish(shell)
    changed = shell("agent", "change", "Ben Okafor", "--teams", "pool,technical", "--capacity", "5", "--reserved", "1")
    assert (changed["teams"], changed["capacity"], changed["reserved"]) == (["technical", "pool"], 5, 1)
    assert shell("contact", "change", "Priya Raman", "--customer", "Brightwater Hotels", "--no-coordinator")["name"]
    assert shell("contact", "list", "--customer", "Brightwater Hotels")[0]["coordinator"] is False
    assert shell("calendar", "change", "Round the clock", "--sun", "closed", "--holidays", "2026-12-25")["version"] == 2
    assert shell("calendar", "show", "Round the clock")["document"]["holidays"] == ["2026-12-25"]
    secret = shell("button", "add-key", key, "--kid", "portal")
    assert len(secret["secret"]) > 40
    assert "told only once" in shell.refused("button", "add-key", key, "--kid", "portal")
    assert shell("button", "show", key)["signing_keys"] == ["portal"]
    shell("button", "revoke-key", key, "portal")
    rotated = shell("button", "rotate", key)
    assert rotated["key"] != key and rotated["former_key"] == key and rotated["signing_keys"] == []
    assert rotated["embed"].endswith(f'/w/{rotated["key"]}.js"></script>')
    assert [row["name"] for row in shell("agent", "list")] == ["Ben Okafor", "Eva Marin", "Jonas"]
    assert shell.ran("customer", "list").stdout.startswith("Brightwater Hotels  Eva Marin")
    assert shell("audit", "verify")["ok"] is True
    with contextlib.closing(sqlite3.connect(desk.folder / "vipdesk.db")) as record:
        told = {action for (action,) in record.execute("SELECT action FROM audit")}
    assert told >= {
        "setup", "calendar", "agent_added", "agent_changed", "customer_added", "answering",
        "add_on_sold", "contact_added", "contact_changed", "button_added", "button_key",
        "signing_key_added", "signing_key_revoked", "sign_in_link",
    }  # fmt: skip


def test_people_are_set_up_absent_signed_out_and_replaced_from_a_shell(
    shell: Shell, running: RunningDesk, tmp_path: Path
) -> None:
    hire(shell, "Eva Marin", "--teams", "dedicated", "--mon", "9-12", "--language", "de")
    hire(shell, "Ben Okafor", "--teams", "dedicated")
    assert shell("agent", "show", "Eva Marin")["hours"] == {"mon": "09:00-12:00"}
    assert shell("agent", "change", "Eva Marin", "--mon", "none", "--language", "none")["hours"] == {}
    assert shell("plan", "set", "All-inclusive: 1000", "Premium: 2000")[1] == {"plan": "Premium", "fee_cents": 200_000}
    refused = shell.refused("customer", "add", "--name", "Lumen", "--since", "2020-01-01", "--plan", "Basic")
    assert "sold on All-inclusive, Premium only, not on “Basic”" in refused
    assert shell("customer", "list") == []
    sold = shell("customer", "add", "--name", "Lumen", "--since", "2020-01-01", "--plan", "Premium", "--fee", "1800",
                 "--named", "Eva Marin", "--stand-ins", "Ben Okafor")  # fmt: skip
    assert (sold["named"], sold["stand_ins"], sold["add_on"]["fee_cents"]) == ("Eva Marin", ["Ben Okafor"], 180_000)
    assert [row["name"] for row in shell("customer", "list", "--search", "LUM")] == ["Lumen"]
    away = shell("absence", "add", "Eva Marin", "--since", "2031-07-01", "--until", "2031-07-14", "--reason", "sea")
    assert shell("absence", "list", "eva@larkfield.example") == [away]
    assert "There is an absence" in shell.refused("absence", "add", "Eva Marin", "--since", "2031-07-02", "--until",
                                                  "2031-07-03")  # fmt: skip
    open_ = shell("agent", "left-open", "Eva Marin")
    assert (open_["named"], open_["absences"][0]["reason"]) == (["Lumen"], "sea")
    shell("absence", "end", "Eva Marin", away["id"])
    (tmp_path / "no.png").write_bytes(b"no picture")
    assert "no picture that can be shown" in shell.refused("agent", "photo", "Eva Marin", str(tmp_path / "no.png"))
    assert "no second step" in shell.refused("agent", "no-second-step", "Eva Marin")
    link = shell("agent", "link", "Eva Marin")["link"]
    with httpx2.Client(headers={"Origin": running.origin}, trust_env=False) as eva:
        assert eva.post(link, data={"password": "a sentence of its own"}).status_code == 303
        [held] = shell("session", "list", "--search", "eva")
        assert shell("session", "end", "--session", held["id"][:12]) == {"ended": 1}
        assert eva.get(f"{running.origin}/account").headers["location"] == "/login"
    assert shell("session", "end", "--all") == {"ended": 0}
    shell("agent", "leave", "Eva Marin", "--successor", "Ben Okafor")
    left = shell("customer", "show", "Lumen")
    assert (left["named"], left["stand_ins"]) == ("Ben Okafor", [])
