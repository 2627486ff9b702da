"""Mails on the screen of the console: how they came, what became of ours, to whom an answer goes, taking it back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.console.states import DOUBT, Open, in_doubt, letters, told_of_last
from tests.console.waiting import until

pytestmark = pytest.mark.browser
SAID = "desk.wire.sent.filter(({type}) => type === 'say')"


def opened_letters(opened: Open, size: str = "desktop") -> Page:
    page = opened(size)
    letters(page)
    return page


def test_a_mail_says_how_it_came(opened: Open) -> None:
    page = opened_letters(opened)
    first, second, bounced, unreadable, leaving = page.locator(".m").all()
    assert "sender not proven" in first.inner_text() and "Do not tell or change anything" in first.inner_text()
    assert "new person" in second.inner_text() and "sender not proven" not in second.inner_text()
    assert "clock starts Wed 4 Mar 09:00 CET" in second.inner_text()
    assert all(words in second.inner_text() for words in ("Anna Kovács passed this mail on", "Ben, is that yours?"))
    assert (
        "Your reply to Priya Raman bounced at 10:00. Their mailbox is full. The clock goes on." in bounced.inner_text()
    )
    assert "Owen Hughes: sent" in bounced.inner_text()
    assert "This mail could not be read." in unreadable.inner_text()
    assert unreadable.locator(".banner a").get_attribute("href") == "/m/r4/original"
    assert "leaves in" in leaving.inner_text()


def test_what_was_quoted_is_folded_and_one_press_away(opened: Open) -> None:
    page = opened_letters(opened)
    mail = page.locator(".m").nth(1)
    assert "What do you see?" not in mail.inner_text()
    fold = mail.get_by_role("button", name="Show quoted text")
    assert fold.get_attribute("aria-expanded") == "false"
    fold.press("Enter")
    page.wait_for_selector(".quoted")
    assert "> What do you see?" in mail.inner_text()
    mail.get_by_role("button", name="Hide quoted text").press("Enter")
    page.wait_for_selector(".quoted", state="detached")


def test_html_is_in_a_frame_that_may_open_links_and_nothing_else(opened: Open) -> None:
    page = opened_letters(opened)
    mail = page.locator(".m").nth(1)
    mail.get_by_role("button", name="Show as sent").click()
    frame = mail.locator("iframe")
    assert frame.get_attribute("sandbox") == "allow-popups allow-popups-to-escape-sandbox"
    assert frame.get_attribute("src") == "/m/r2?"
    mail.get_by_role("button", name="Load pictures").click()
    until(page, "document.querySelector('.as-sent iframe').getAttribute('src') === '/m/r2?pictures=1'")


def test_every_instant_is_told_to_the_second_in_both_zones(opened: Open) -> None:
    page = opened_letters(opened)
    page.locator(".m").nth(1).get_by_role("button", name="Details").click()
    page.wait_for_selector(".mail-d")
    shown = page.inner_text(".mail-d")
    for words in ("10:00:01 CET 09:00:01 GMT", "Tue 3 Mar 09:59:58 CET", "Wed 4 Mar 09:00:00 CET 08:00:00 GMT"):
        assert words in shown
    assert "evil.example" in shown and "said to be image/png" in shown and "SHA-256 5b3d" in shown
    assert page.get_attribute(".mail-d code", "title") == "5b3d" * 16


def test_strangers_in_copy_join_by_a_press_alone(opened: Open) -> None:
    page = opened_letters(opened)
    people = page.locator(".mail-to li")
    assert [each.split("\n")[0] for each in people.all_inner_texts()] == [
        "In copy, on the ticket:",
        "In copy, not on the ticket:",
    ]
    assert page.locator(".mail-to button").count() == 1
    page.click(".mail-to button")
    until(page, "desk.wire.sent.some(({type, address}) => type === 'add_person' && address === 'mia@agency.example')")


def test_before_sending_it_is_said_to_whom_a_mail_goes(opened: Open) -> None:
    page = opened_letters(opened)
    assert "Goes by mail to Priya Raman" in page.inner_text(".by-mail").replace("\n", " ")
    assert page.inner_text(".signature") == "Ben Okafor"
    page.get_by_role("button", name="No copy to Owen Hughes").click()
    page.fill(".composer textarea", "To Priya alone")
    page.keyboard.press("Control+Enter")
    until(page, f"{SAID}.length === 1")
    assert page.evaluate(f"{SAID}[0].cc") == []
    page.fill(".composer textarea", "To both")
    page.keyboard.press("Control+Enter")
    until(page, f"{SAID}.length === 2")
    assert page.evaluate(f"'cc' in {SAID}[1]") is False


PASTE = """(times) => { for (let n = 0; n < times; n += 1) {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(9)], "image.png", {type: "image/png"}));
  const pasted = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
  document.querySelector(".composer textarea").dispatchEvent(pasted);
} }"""


def test_a_pasted_picture_stands_where_the_cursor_was(opened: Open) -> None:
    page = opened_letters(opened)
    page.fill(".composer textarea", "See here: , please.")
    page.evaluate("document.querySelector('.composer textarea').setSelectionRange(10, 10)")
    page.evaluate(PASTE, 1)
    until(page, "document.querySelector('.composer textarea').value.includes('[picture:')")
    assert page.input_value(".composer textarea") == "See here: \n[picture: picture-1.png]\n, please."
    page.get_by_role("button", name="Remove picture-1.png").click()
    assert page.input_value(".composer textarea") == "See here: \n, please."


def test_a_reply_is_taken_back_by_a_key_and_stands_in_the_draft_again(opened: Open) -> None:
    page = opened_letters(opened)
    page.locator(".log").focus()
    page.keyboard.press("Control+z")
    until(page, "desk.wire.sent.some(({type, mail}) => type === 'take_back' && mail === 'out5')")
    until(page, "document.querySelector('.composer textarea').value === 'The feed is back.'")
    page.wait_for_selector(".takeback .notice", state="detached")


def test_while_something_is_written_the_key_undoes_that(opened: Open) -> None:
    page = opened_letters(opened)
    page.focus(".composer textarea")
    page.keyboard.type("x")
    page.keyboard.press("Control+z")
    assert page.evaluate("desk.wire.sent.some(({type}) => type === 'take_back')") is False
    page.click(".takeback button")
    until(page, "desk.wire.sent.some(({type}) => type === 'take_back')")


@pytest.mark.parametrize("verb", ["send_again", "mark_arrived"])
def test_of_a_mail_in_doubt_it_is_said_what_is_known_and_a_press_decides(opened: Open, verb: str) -> None:
    page = opened("desktop")
    in_doubt(page)
    doubt = page.get_by_role("group", name="Did this mail arrive?")
    assert "Nobody knows whether this arrived." in doubt.inner_text()
    assert "Sent again, Priya Raman could get it twice." in doubt.inner_text()
    doubt.get_by_role("button", name="Send again" if verb == "send_again" else "It arrived").press("Enter")
    until(page, f"desk.wire.sent.some(({{type, mail}}) => type === '{verb}' && mail === 'out5')")
    until(page, "document.activeElement.matches('.log')")
    assert page.evaluate(f"desk.wire.sent.filter(({{type}}) => type === '{verb}').length") == 1


def test_of_a_mail_in_doubt_is_said_what_is_known_and_no_more(opened: Open) -> None:
    page = opened("desktop")
    in_doubt(page)
    said = page.locator(".doubt p").first.inner_text()
    assert "its last word was not heard" in said and "copy" not in said, "perhaps none was ever sent"


def test_a_mail_in_doubt_is_decided_by_the_palette_too(opened: Open) -> None:
    page = opened_letters(opened)
    page.keyboard.press("Control+k")
    page.keyboard.type("perhaps arrived")
    assert page.get_by_role("option", name="Send the mail again that perhaps arrived").count() == 0
    page.keyboard.press("Escape")
    told_of_last(page, **DOUBT)
    page.keyboard.press("Control+k")
    page.keyboard.type("perhaps arrived")
    page.get_by_role("option", name="Send the mail again that perhaps arrived").wait_for()
    page.keyboard.press("Enter")
    until(page, "desk.wire.sent.some(({type, mail}) => type === 'send_again' && mail === 'out5')")


def unsent(opened: Open) -> Page:
    page = opened_letters(opened)
    told_of_last(page, state="bounced", left=False, reason="A file of this mail is not there any more.")
    page.wait_for_selector(".m:last-of-type .banner.bad")
    return page


def test_what_never_left_says_why_and_is_taken_back_to_change_it(opened: Open) -> None:
    page = unsent(opened)
    said = page.locator(".m").last.locator(".banner.bad").inner_text()
    assert said == (
        "Your reply to Priya Raman did not leave. The clock goes on. A file of this mail is not there any more."
    )
    assert "did not leave" in page.locator(".m").last.locator(".m-h").inner_text()
    page.get_by_role("button", name="Take back").last.press("Enter")
    until(page, "desk.wire.sent.some(({type, mail}) => type === 'take_back' && mail === 'out5')")
    until(page, "document.querySelector('.composer textarea').value === 'The feed is back.'")


def test_what_never_left_is_tried_again_by_a_press(opened: Open) -> None:
    page = unsent(opened)
    page.get_by_role("button", name="Try again").press("Enter")
    until(page, "desk.wire.sent.some(({type, mail}) => type === 'send_again' && mail === 'out5')")


def test_who_said_that_it_arrived_stands_on_it(opened: Open) -> None:
    page = opened("desktop")
    in_doubt(page)
    anna = {"id": "anna", "name": "Anna Kovács"}
    told_of_last(page, anna | {"role": "agent"}, state="accepted", accepted_at=DOUBT["asked_at"], vouched=anna,
                 decided="arrived")  # fmt: skip
    page.wait_for_selector(".doubt", state="detached")
    fate = page.locator(".m").last.locator(".state")
    assert fate.inner_text() == "arrived, says Anna"
    assert "It counts from 10:20:00" in str(fate.get_attribute("title"))
    assert "Anna Kovács said that the mail arrived" in page.locator(".ev").last.inner_text()


def test_the_list_says_which_ticket_has_a_mail_in_doubt_and_the_notice_goes_when_that_is_over(opened: Open) -> None:
    page = opened("desktop")
    page.evaluate("desk.ears.frame({type: 'alarm', why: 'in_doubt', ticket: 't3', subject: 'Rates', mail: 'out'})")
    page.evaluate("desk.desk.tickets.get('t3').patch({in_doubt: 1})")
    row = page.locator("a[href='#ticket/t3']")
    row.locator(".tag.care").wait_for()
    assert "arrived?" in row.inner_text()
    notice = page.locator(".notice.bad")
    assert "Nobody knows whether a mail arrived, say whether it goes again: Rates" in notice.inner_text()
    page.evaluate("desk.ears.frame({type: 'inbox', ...desk.desk.tickets.get('t3').summary.peek(), in_doubt: 0})")
    notice.wait_for(state="detached")
    row.locator(".tag.care").wait_for(state="detached")


def test_the_notice_of_a_late_mail_goes_when_it_is_settled_and_two_of_one_subject_are_two(opened: Open) -> None:
    page = opened("desktop")
    tell = "(frame) => desk.ears.frame({type: 'alarm', subject: 'Rates', mail: 'out', ...frame})"
    for ticket in ("t3", "t4"):
        page.evaluate(tell, {"why": "late", "ticket": ticket})
    texts = "desk.screen.notices.peek().map(({ticket}) => ticket)"
    assert page.evaluate(texts) == ["t3", "t4"]
    page.evaluate(tell, {"why": "settled", "ticket": "t3"})
    assert page.evaluate(texts) == ["t4"]


def test_the_list_says_when_the_clock_of_a_mail_starts(opened: Open) -> None:
    page = opened("desktop")
    page.evaluate("desk.desk.tickets.get('t3').patch({starts_at: '2026-03-04T08:00:00Z'})")
    until(page, "document.querySelector(\"a[href='#ticket/t3'] .clock\")")
    assert page.inner_text("a[href='#ticket/t3'] .clock") == "starts Wed 09:00 CET"
    page.evaluate("desk.second.value = Date.parse('2026-03-04T08:00:00Z')")
    until(page, "!document.querySelector(\"a[href='#ticket/t3'] .clock\")")


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"why": "bounced", "ticket": "t3", "subject": "Rates"}, "A mail did not arrive: Rates"),
        ({"why": "late", "ticket": "t3", "subject": "Rates"}, "A mail has not left for a while: Rates"),
        (
            {"why": "classify", "ticket": "t3", "subject": "Down"},
            "A mail sounds like severity 1 or 2, look at it: Down",
        ),
        ({"why": "nobody", "ticket": "t3", "subject": ""}, "Nobody is at the desk, and somebody waits: No subject yet"),
        ({"mailbox": "a@x.example", "state": "silent"}, "The mailbox a@x.example is silent."),
        ({"mailbox": "a@x.example", "state": "over"}, "a@x.example is read again."),
    ],
)
def test_an_alarm_says_what_is_wrong_and_opens_its_ticket(opened: Open, frame: dict[str, str], words: str) -> None:
    page = opened("desktop")
    page.evaluate("(frame) => desk.ears.frame({type: 'alarm', ...frame})", frame)
    page.wait_for_selector(".notice")
    assert words in page.inner_text(".notice")
    if "ticket" in frame:
        page.get_by_role("button", name="Open the ticket").click()
        until(page, "desk.screen.ticket.peek() === 't3'")


def test_a_mail_whose_history_is_not_loaded_still_has_its_original_and_what_was_kept(opened: Open) -> None:
    page = opened_letters(opened)
    page.evaluate("""() => { const {mails} = desk.desk.tickets.get("t0"); mails.came.value = new Map(); }""")
    mail = page.locator(".m").nth(1)
    assert mail.get_by_role("button", name="Show quoted text").count() == 0
    mail.get_by_role("button", name="Details").click()
    page.wait_for_selector(".mail-d")
    mail.get_by_role("button", name="Show quoted text").click()
    page.wait_for_selector(".quoted")
    assert "> What do you see?" in mail.inner_text()


def test_of_a_mail_that_was_too_large_it_is_said_that_only_its_head_is_here(opened: Open) -> None:
    page = opened_letters(opened)
    page.evaluate("""() => {
      const {mails} = desk.desk.tickets.get("t0");
      mails.came.value = new Map(mails.came.peek()).set(1, {...mails.came.peek().get(1), too_large: 61_000_000});
    }""")
    until(page, "document.querySelector('.m .banner').textContent.includes('Only the head of this mail is here.')")
    assert "(61.0 MB); its sender was told." in page.locator(".m").first.inner_text()
