"""A real desk from nothing, all by commands; a press on its new button then reaches the new named agent on the wire."""

from __future__ import annotations

from pathlib import Path

import httpx2

from tests.support.client import Client, sign_in, visit
from tests.support.eventually import eventually
from tests.support.running import RunningDesk
from tests.support.shell import Shell, furnish, hire


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
