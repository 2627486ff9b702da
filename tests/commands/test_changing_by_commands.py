"""Everything that commands add, change, list, show, simulate and refuse, in a folder whose desk does not run."""

from __future__ import annotations

import contextlib
import sqlite3

from tests.support.running import RunningDesk
from tests.support.shell import Shell, furnish, hire


def test_what_is_wrong_is_said_in_one_sentence_and_changes_nothing(shell: Shell) -> None:
    hire(shell, "Eva Marin", "--teams", "dedicated")
    said = shell.refused("customer", "add", "--name", "Brightwater", "--zone", "bratislava")
    assert said == "vipdesk: There is no zone “bratislava”. Did you mean Europe/Bratislava? (zone)"
    assert "Nobody here is called “anna”" in shell.refused(
        "customer", "add", "--name", "Brightwater", "--named", "anna"
    )
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
    shell("add-on", "add", "Brightwater", "--since", "2026-01-01", "--until", "2030-12-31")
    said = shell.refused("add-on", "add", "Brightwater", "--since", "2030-01-01")
    assert "from 2026-01-01 to 2030-12-31 already. Begin after it, or change or end that one. (since)" in said
    sold = shell("add-on", "add", "Brightwater", "--since", "2031-01-01", "--fee", "900")
    assert (sold["add_on"]["until"], sold["coming"][0]["since"]) == ("2030-12-31", "2031-01-01")
    assert "then" in shell.ran("customer", "show", "Brightwater").stdout
    said = shell.refused("add-on", "change", "Brightwater", "--since", "2030-06-01")
    assert "that holds now would end at once, and begin on 2030-06-01" in said and said.endswith("(sure)")
    assert shell("add-on", "end", "Brightwater", "--since", "2031-01-01")["coming"] == []
    sold = shell("add-on", "change", "Brightwater", "--since", "2030-06-01", "--sure")
    assert sold["add_on"]["since"] == "2030-06-01"
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
    hire(shell, "Ben Okafor", "--teams", "dedicated")
    key = furnish(shell)
    changed = shell("agent", "change", "Ben Okafor", "--teams", "pool,technical", "--capacity", "5", "--reserved", "1")
    assert (changed["teams"], changed["capacity"], changed["reserved"]) == (["technical", "pool"], 5, 1)
    assert [each["name"] for each in shell("agent", "list", "--team", "pool")] == ["Ben Okafor"]
    assert "--team is one of" in shell.refused("agent", "list", "--team", "night")
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
