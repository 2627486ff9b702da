"""Audit, settings, health and the page that tests a button, as a browser without a script gets them."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape

import jwt
import pytest

from desk.administration.calendars import WEEKDAYS
from server import audit_export
from tests.pages.making import Admin, made
from tests.support.running import RunningDesk


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admin]:
    desk = RunningDesk(tmp_path_factory.mktemp("real") / "data")
    link = made(desk)
    with desk:
        admin = Admin(desk, link)
        yield admin
        admin.close()


def beside(page: str, field: str) -> str:
    """What is said under a field that is wrong."""
    return unescape(page.split(f'id="{field}-e"')[1].split("<span>")[1].split("</span>")[0])


# Audit ----------------------------------------------------------------------------------------------------------------


def customers(admin: Admin, count: int) -> None:
    for number in range(count):
        admin.post("/admin/customers/new", name=f"=Customer {number}", zone="UTC", language="en", domains="")


def test_the_audit_is_filtered_and_paged(admin: Admin) -> None:
    customers(admin, 60)
    first = admin.get("/admin/audit?action=customer_added")
    assert first.count('<td class="nowrap">customer_added</td>') == 50 and "setup" not in first.split("<tbody>")[1]
    link = unescape(first.split('href="/admin/audit?')[1].split('"')[0])
    second = admin.get(f"/admin/audit?{link}")
    assert second.count('<td class="nowrap">customer_added</td>') >= 10
    assert "=Customer 59" in admin.get("/admin/audit?object==customer+59")
    assert admin.get("/admin/audit?actor=jonas").count("<td>Jonas</td>") == 50
    assert "No row fits" in admin.get("/admin/audit?object=nothing")
    assert "<td>the desk</td>" in admin.get("/admin/audit?actor=desk")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("action", "nonsense", "was ever written down"),
        ("since", "yesterday", "is not a day"),
        ("until", "2026-13-01", "is not a day"),
        ("actor", "x" * 121, "At most 120"),
        ("object", "x" * 121, "At most 120"),
    ],
)
def test_a_wrong_filter_is_said_beside_its_field_and_kept(admin: Admin, field: str, value: str, said: str) -> None:
    page = admin.get(f"/admin/audit?{field}={value}")
    assert said in beside(page, field)
    assert field == "action" or value in page


def test_days_the_wrong_way_round_are_refused(admin: Admin) -> None:
    page = admin.get("/admin/audit?since=2026-02-01&until=2026-01-01")
    assert beside(page, "until") == "The last day comes before the first."


def test_it_is_taken_along_as_a_file_with_formulas_made_text(admin: Admin) -> None:
    customers(admin, 1)
    text = admin.post("/admin/audit", format="csv", action="customer_added")
    assert admin.page.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows and {row["action"] for row in rows} == {"customer_added"}
    assert all(row["object_name"].startswith("'=Customer") for row in rows)
    lines = [json.loads(line) for line in admin.post("/admin/audit", format="jsonl").splitlines()]
    assert lines[0]["action"] == "audit_exported" and lines[0]["detail"]["format"] == "jsonl"
    assert [each["number"] for each in lines] == list(range(lines[0]["number"], 0, -1))
    assert "was ever written down" in beside(admin.post("/admin/audit", format="csv", action="nonsense"), "action")


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])
def test_a_cell_that_a_spreadsheet_would_work_out_is_text(begin: str) -> None:
    [[cell]] = csv.reader(io.StringIO(audit_export._csv([f'{begin}cmd|"x"!A1']), newline=""))
    assert cell == f'\'{begin}cmd|"x"!A1'


def test_it_is_verified_by_the_records_head_and_by_one_that_was_kept(admin: Admin) -> None:
    head = admin.get("/admin/audit").split('id="chain-head" tabindex="0">')[1].split("<")[0]
    assert "The chain holds" in admin.post("/admin/audit/verify", head=head)
    number, hash = head.split()
    assert "is missing: the chain was cut off" in admin.post("/admin/audit/verify", head=f"{int(number) + 900} {hash}")
    assert "is another than" in admin.post("/admin/audit/verify", head=f"{number} {'0' * 64}")
    page = admin.post("/admin/audit/verify", head="812")
    assert "A head is a number" in beside(page, "head") and 'value="812"' in page


# Settings -------------------------------------------------------------------------------------------------------------


def test_the_name_of_the_desk_is_changed_while_it_runs_and_written_down(admin: Admin) -> None:
    page = admin.post("/admin/settings", name="Larkfield Care")
    assert "Saved" in page and "– Larkfield Care</title>" in page
    assert "setting" in admin.get("/admin/audit?object=name") and "Larkfield Care" in admin.page.text
    for wrong in ("", " ", "x" * 61):
        page = admin.post("/admin/settings", name=wrong)
        assert beside(page, "name") and f'value="{wrong}"' in page


def test_the_environment_is_shown_with_its_help(admin: Admin) -> None:
    page = admin.get("/admin/settings")
    assert "VIPDESK_PORT" in page and "VIPDESK_SECRET_KEYS" in page and "Port on which web listens" in page


def test_what_the_environment_decides_is_told_in_the_readers_language(admin: Admin) -> None:
    assert "Port, auf dem web lauscht; in einer Demo" in admin.get("/admin/settings?lang=de")
    assert "Adresa, na ktorej počúva web." in admin.get("/admin/settings?lang=sk")


# The add-on -----------------------------------------------------------------------------------------------------------


def test_the_next_period_is_sold_beside_the_one_that_holds_and_called_off(admin: Admin) -> None:
    who = {"name": "Periods", "zone": "UTC", "language": "en", "domains": ""}
    admin.post("/admin/customers/new", **who)
    path = admin.page.url.path
    sold = who | {"plan": "All-inclusive", "since": "2020-01-01", "until": "2030-12-31"}
    assert "dedicated service on" in admin.post(path, **sold)
    page = admin.post(f"{path}/sell", next_since="2030-06-01", next_plan="All-inclusive")
    assert "Begin after it, or change or end that one" in beside(page, "next_since") and 'value="2030-06-01"' in page
    page = admin.post(f"{path}/sell", next_since="2031-01-01", next_plan="All-inclusive")
    assert "All-inclusive, 2031-01-01 to no end" in page and 'value="2030-12-31"' in page
    page = admin.post(path, **sold | {"since": "2030-02-01"})
    assert "would end at once" in beside(page, "sure") and 'value="2030-02-01"' in page
    assert "2031-01-01 to" not in admin.post(f"{path}/end-add-on", day="2031-01-01")
    assert "dedicated service off" in admin.post(path, **sold | {"since": "2030-02-01", "sure": "1"})


# Health ---------------------------------------------------------------------------------------------------------------


def test_every_part_says_how_it_is_and_what_to_do(admin: Admin) -> None:
    page = admin.get("/admin/health")
    for title in ("Record", "Live", "Disk", "WAL", "Web", "Mailbox", "Clock", "What falls due", "Outgoing mail"):
        assert f"<b>{title}</b>" in page
    assert "No backup is known to the record." in page and "docs/operate.md" in page
    assert "octagon-alert" not in page.split('a-parts">')[1].split("</ul>")[0]


# A button -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def button(admin: Admin) -> str:
    """The address of a new one."""
    admin.post("/admin/customers/new", name="Brightwater", zone="UTC", language="en", domains="")
    customer = str(admin.page.url).partition("?")[0]
    admin.post(f"{customer}/buttons/new", name="Portal", calendar="office", origins="https://portal.example.com",
               policy="open", language="en", active="1")  # fmt: skip
    return str(admin.page.url).partition("?")[0]


def test_a_button_is_tested_by_a_page_and_a_token(admin: Admin, button: str) -> None:
    told = admin.post(f"{button}/keys", kid="site")
    key = told.split("/w/")[1].split(".js")[0]
    secret = unescape(told.split('id="told-secret" tabindex="0">')[1].split("<")[0])
    token = jwt.encode({"aud": key, "sub": "7", "jti": "1", "iat": 1, "exp": 2}, secret, headers={"kid": "site"})
    page = unescape(admin.post(f"{button}/try", address="https://portal.example.com/a", token=token))
    assert "Pages of https://portal.example.com show the button." in page
    assert "It expired: exp is 1970-01-01 00:00:02 UTC." in page and token in page
    assert "do not show the button" in unescape(admin.post(f"{button}/try", address="https://evil.example"))
    assert "Leave a message" in page or "team" in page


def test_what_a_button_says_with_nobody_there_is_told_as_on_its_pages(admin: Admin) -> None:
    admin.post("/admin/agents/new", name="Eva Marin", email="eva@example.com", teams="dedicated", roles="agent",
               languages="en", zone="UTC", capacity="3", reserved="0", ring_seconds="25")  # fmt: skip
    admin.post("/admin/calendars/new", name="Always", zone="UTC", **dict.fromkeys(WEEKDAYS, "00:00-24:00"))
    always = str(admin.page.url).partition("?")[0].rpartition("/")[2]
    who = {"name": "Ostrava Freight", "zone": "UTC", "language": "en", "domains": ""}
    admin.post("/admin/customers/new", **who)
    customer = str(admin.page.url).partition("?")[0]
    admin.post(customer, **who, since="2020-01-01", until="", plan="All-inclusive", fee="1000", named="Eva Marin")
    admin.post(f"{customer}/buttons/new", name="Portal", calendar=always, origins="https://ostrava.example",
               policy="open", language="en", active="1")  # fmt: skip
    page = unescape(admin.get(f"{str(admin.page.url).partition('?')[0]}/try"))
    said = page.split("What it says now")[1].split("Open the chat")[0]
    assert "Eva is not here now" in said and "wait in line or leave a message" in said and "until" not in said


def test_a_key_that_is_none_is_said_beside_its_field_and_kept(admin: Admin, button: str) -> None:
    page = admin.post(f"{button}/keys/public", kid="site-2", pem="-----BEGIN PRIVATE KEY-----")
    assert "This is a private key" in beside(page, "pem") and "-----BEGIN PRIVATE KEY-----" in page
    assert 'value="site-2"' in page and "<details open>" in page


def test_for_others_there_is_nothing(admin: Admin) -> None:
    for path in ("audit", "settings", "health", "calendars/office/versions", "buttons/x/try"):
        answer = admin.http.get(f"/admin/{path}", headers={"Cookie": "none"}, follow_redirects=False)
        assert answer.status_code in (303, 404)


def test_the_processes_of_a_running_desk_are_seen(admin: Admin) -> None:
    with closing(sqlite3.connect(admin.folder / "vipdesk.db")) as record:
        seen = {key for (key,) in record.execute("SELECT key FROM meta WHERE key LIKE 'beat_%'")}
    assert seen >= {"beat_web", "beat_mailbox", "beat_clock"}
