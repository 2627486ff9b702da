"""What was written before is folded, whatever the program and the language; what somebody wrote never is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.parsing.quotes import fold
from mailbox.parsing.sent import Sent
from tests.mailbox.parsing.making import mail, multipart, page

NEW = "That helped, the printers answer again.\n"
OURS = "Dear Jana,\nplease restart the print server and tell us whether the queue moves again.\nAnna Kovács\n"
QUOTED = "".join(f"> {line}\n" for line in OURS.splitlines())
UNQUOTED = OURS

QUOTES = {
    "gmail en": "On Wed, Mar 4, 2026 at 10:12 AM Anna Kovács <anna@desk.example> wrote:\n\n" + QUOTED,
    "gmail de": "Am Mi., 4. März 2026 um 10:12 Uhr schrieb Anna Kovács <anna@desk.example>:\n\n" + QUOTED,
    "gmail sk": "st 4. 3. 2026 o 10:12 Anna Kovács <anna@desk.example> napísal(a):\n\n" + QUOTED,
    "gmail fr": "Le mer. 4 mars 2026 à 10:12, Anna Kovács <anna@desk.example> a écrit :\n\n" + QUOTED,
    "gmail es": "El mié, 4 mar 2026 a las 10:12, Anna Kovács (<anna@desk.example>) escribió:\n\n" + QUOTED,
    "gmail cs": "st 4. 3. 2026 v 10:12 odesílatel Anna Kovács <anna@desk.example> napsal:\n\n" + QUOTED,
    "gmail pl": "śr., 4 mar 2026 o 10:12 Anna Kovács <anna@desk.example> napisał(a):\n\n" + QUOTED,
    "gmail hu": "Anna Kovács <anna@desk.example> ezt írta (időpont: 2026. márc. 4., Sze, 10:12):\n\n" + QUOTED,
    "gmail broken lines": "On Wed, Mar 4, 2026 at 10:12 AM Anna Kovács of Larkfield\n<anna@desk.example> wrote:\n\n"
    + QUOTED,
    "outlook en": "From: Anna Kovács <anna@desk.example>\nSent: Wednesday, March 4, 2026 10:12 AM\n"
    "To: Jana <jana@brightwater.example>\nSubject: Printers\n\n" + UNQUOTED,
    "outlook names only": "From: Anna Kovács\nSent: Wednesday, March 4, 2026 10:12 AM\nTo: Jana\nSubject: Printers\n\n"
    + UNQUOTED,
    "outlook de": "Von: Anna Kovács <anna@desk.example>\nGesendet: Mittwoch, 4. März 2026 10:12\n"
    "An: Jana <jana@brightwater.example>\nBetreff: Drucker\n\n" + UNQUOTED,
    "outlook sk": "Od: Anna Kovács <anna@desk.example>\nOdoslané: streda 4. marca 2026 10:12\n"
    "Komu: Jana <jana@brightwater.example>\nPredmet: Tlačiarne\n\n" + UNQUOTED,
    "outlook bold": "*From:* Anna Kovács <anna@desk.example>\n*Sent:* Wednesday, March 4, 2026 10:12 AM\n"
    "*To:* Jana <jana@brightwater.example>\n*Subject:* Printers\n\n" + UNQUOTED,
    "outlook rule": "________________________________\nDe : Anna Kovács <anna@desk.example>\nEnvoyé : mercredi 4 mars 2026 10:12\n"
    "À : Jana <jana@brightwater.example>\nObjet : Imprimantes\n\n" + UNQUOTED,
    "outlook old": "-----Original Message-----\nFrom: Anna Kovács\nSent: 04 March 2026 10:12\nTo: Jana\n\n" + UNQUOTED,
    "outlook old pl": "-----Wiadomość oryginalna-----\nOd: Anna Kovács\nWysłano: 4 marca 2026 10:12\nDo: Jana\n\n"
    + UNQUOTED,
    "apple en": "On 4 Mar 2026, at 10:12, Anna Kovács <anna@desk.example> wrote:\n\n" + QUOTED,
    "apple de": "Am 04.03.2026 um 10:12 schrieb Anna Kovács <anna@desk.example>:\n\n" + QUOTED,
    "thunderbird en": "On 04/03/2026 10:12, Anna Kovács wrote:\n" + QUOTED,
    "thunderbird hu": "2026. 03. 04. 10:12 keltezéssel, Anna Kovács írta:\n" + QUOTED,
    "thunderbird cs": "Dne 04. 03. 26 v 10:12 Anna Kovács napsal(a):\n" + QUOTED,
    "no attribution": QUOTED,
    "yahoo without marks": "On Wednesday, March 4, 2026 at 10:12:00 AM GMT+1, Anna Kovács <anna@desk.example> wrote:\n\n"
    + UNQUOTED,
    "japanese": "2026年3月4日(水) 10:12 Anna Kovács <anna@desk.example>:\n\n" + QUOTED,
}


@pytest.mark.parametrize("name", QUOTES)
def test_what_a_program_puts_below_an_answer_is_folded(name: str) -> None:
    found = mail(NEW + "\n" + QUOTES[name], In_Reply_To="<a@desk.example>", Subject="Re: Printers")
    assert found.reply.strip() == NEW.strip()
    assert found.quote == QUOTES[name]


ELSEWHERE = {
    "gmx": 'Gesendet: Mittwoch, 04. März 2026 um 10:12 Uhr\nVon: "Anna" <anna@desk.example>\nAn: jana@b.example\nBetreff: Drucker\n'
    + UNQUOTED,
    "yahoo de": "Am Mittwoch, 4. März 2026 um 10:12:00 MEZ hat Anna <anna@desk.example> Folgendes geschrieben:\n\n"
    + UNQUOTED,
    "seznam": "---------- Původní e-mail ----------\nOd: Anna <anna@desk.example>\nKomu: jana@b.example\nDatum: 4. 3. 2026 10:12:01\nPředmět: Tiskárny\n"
    + UNQUOTED,
    "postsk": '______________________________________________________________\n> Od: "Anna" <anna@desk.example>\n> Komu: jana@b.example\n> Dátum: 04.03.2026 10:12\n> Predmet: x\n>\n'
    + QUOTED,
    "wp": "Dnia 4 marca 2026 10:12 Anna <anna@desk.example> napisał(a):\n\n" + UNQUOTED,
    "onet": "W dniu 2026-03-04 10:12:00 użytkownik Anna <anna@desk.example> napisał:\n" + QUOTED,
    "proton": "On Wednesday, March 4th, 2026 at 10:12 AM, Anna <anna@desk.example> wrote:\n\n" + QUOTED,
    "protonold": "------- Original Message -------\nOn Wednesday, March 4th, 2026 at 10:12 AM, Anna <anna@desk.example> wrote:\n\n"
    + QUOTED,
    "samsung": "-------- Original message --------\nFrom: Anna <anna@desk.example>\nDate: 04/03/2026 10:12 (GMT+01:00)\nTo: jana@b.example\nSubject: Re: x\n\n"
    + UNQUOTED,
    "outlook ios": "________________________________\nFrom: Anna <anna@desk.example>\nSent: Wednesday, March 4, 2026 10:12:00 AM\nTo: Jana <jana@b.example>\nSubject: Re: x\n\n"
    + UNQUOTED,
    "notes": "Anna/Desk/LARK wrote on 04.03.2026 10:12:05:\n\n" + QUOTED,
    "sk apple": "Dňa 4. 3. 2026, o 10:12, Anna <anna@desk.example> napísal:\n\n" + QUOTED,
    "it": "Il giorno mer 4 mar 2026 alle ore 10:12 Anna <anna@desk.example> ha scritto:\n\n" + QUOTED,
    "pt": "Em qua., 4 de mar. de 2026 às 10:12, Anna <anna@desk.example> escreveu:\n\n" + QUOTED,
    "nl": "Op wo 4 mrt 2026 om 10:12 schreef Anna <anna@desk.example>:\n\n" + QUOTED,
    "sv": "Den ons 4 mars 2026 kl 10:12 skrev Anna <anna@desk.example>:\n\n" + QUOTED,
    "ru": "ср, 4 мар. 2026 г. в 10:12, Anna <anna@desk.example>:\n\n" + QUOTED,
    "tr": "Anna <anna@desk.example>, 4 Mar 2026 Çar, 10:12 tarihinde şunu yazdı:\n\n" + QUOTED,
    "ro": "În mie., 4 mar. 2026 la 10:12, Anna <anna@desk.example> a scris:\n\n" + QUOTED,
    "hu outlook": "Feladó: Anna <anna@desk.example>\nElküldve: 2026. március 4., szerda 10:12\nCímzett: Jana\nTárgy: x\n\n"
    + UNQUOTED,
    "cs outlook": "Od: Anna <anna@desk.example>\nOdesláno: středa 4. března 2026 10:12\nKomu: Jana\nPředmět: x\n\n"
    + UNQUOTED,
    "es outlook": "De: Anna <anna@desk.example>\nEnviado: miércoles, 4 de marzo de 2026 10:12\nPara: Jana\nAsunto: x\n\n"
    + UNQUOTED,
    "fr outlook web": "De : Anna <anna@desk.example>\nEnvoyé : mercredi 4 mars 2026 10:12\nÀ : Jana\nObjet : x\n\n"
    + UNQUOTED,
    "indented outlook": "  From: Anna <anna@desk.example>\n  Sent: Wednesday, March 4, 2026 10:12 AM\n  To: Jana\n  Subject: x\n\n"
    + UNQUOTED,
    "nested": "On 4 Mar 2026, at 10:12, Anna <anna@desk.example> wrote:\n\n> Hello\n>> older\n> On Tue wrote:\n",
    "jp gmail": "2026年3月4日(水) 10:12 Anna <anna@desk.example>:\n\n" + QUOTED,
    "with footer": "On 4 Mar 2026, at 10:12, Anna <anna@desk.example> wrote:\n\n"
    + QUOTED
    + "\n-- \nThis mail is confidential\n",
    "ko": "2026년 3월 4일 (수) 오전 10:12, Anna <anna@desk.example>님이 작성:\n\n" + QUOTED,
}
"""Of programs of other countries and telephones."""


@pytest.mark.parametrize("name", ELSEWHERE)
def test_programs_of_other_countries_are_known_too(name: str) -> None:
    found = mail(NEW + "\n" + ELSEWHERE[name], In_Reply_To="<a@desk.example>", Subject="Re: Printers")
    assert (found.reply, found.quote) == (NEW + "\n", ELSEWHERE[name])


KEPT = {
    "inline thunderbird": "On 04/03/2026 10:12, Anna Kovács wrote:\n> Is it on?\nYes.\n> Does it print?\nNo.\n",
    "inline below a greeting": "Hello Anna,\nsee below.\n\nOn 04/03/2026 10:12, Anna Kovács <anna@desk.example> wrote:\n> Is it on?\n\nYes.\n",
    "answer below": "On 04/03/2026 10:12, Anna Kovács wrote:\n" + QUOTED + "\nThat helped.\n",
    "forward gmail": "Please see to it.\n\n---------- Forwarded message ---------\nFrom: Petra <petra@brightwater.example>\n"
    "Date: Wed, Mar 4, 2026 at 10:12 AM\nSubject: Printers\nTo: Jana <jana@brightwater.example>\n\nNothing prints.\n",
    "forward apple de": "Anfang der weitergeleiteten Nachricht:\n\nVon: Petra <petra@brightwater.example>\n"
    "Datum: 4. März 2026 um 10:12\nAn: Jana\nBetreff: Drucker\n\nNichts geht.\n",
    "forward sk": "Prosím pozrite.\n\n---------- Forwarded message ---------\nOd: Petra <petra@b.example>\n"
    "Date: st 4. 3. 2026 o 10:12\nSubject: x\nTo: Jana\n\nNič nejde.\n",
    "pasted log": "The log says:\n2026-03-04 10:12:09 printd: failed\n2026-03-04 10:12:10 printd: gave up on jana@brightwater.example\nWhat now?\n",
    "pasted log with marks": "At 2026-03-04 10:12 it printed:\n> error 17\n> giving up\n",
    "pasted head": "The mail that is lost had\nFrom: jana@brightwater.example\nTo: shop@example.com\nDate: Wed, 4 Mar 2026 10:12:00 +0100\n"
    "Message-ID: <x@y>\nContent-Type: text/plain\n",
    "pasted request": "Host: shop.example\nUser: jana@brightwater.example\nTime: 10:12\nError: 500\n",
    "a date and a colon": "We meet on 4.3.2026 10:00, agenda by anna@desk.example:\n\n- printers\n- phones\n",
    "rule": "First.\n________________________________\nSecond.\n",
    "somebody tells what somebody wrote": "Hi,\nOn Monday 4.3.2026 at 10:00 the director anna@desk.example wrote:\n\nwe will come.\nIs it ok?\n",
    "a move": "From: room 5\nTo: room 7\nDate: 2026-01-01 10:00\nwe moved the printers.\n",
    "a booking": "Hello,\n\nVon: 10:00\nBis: 12:00\nOrt: Wien 2026\nBitte buchen.\n",
    "steps": "Steps:\n> open\n> close\nthen it fails\n",
    "list of prices": "From 2026 on:\nTo do: call\nSent: 14:00\n",
}


@pytest.mark.parametrize("name", KEPT)
def test_what_somebody_wrote_is_never_folded(name: str) -> None:
    found = mail(KEPT[name], In_Reply_To="<a@desk.example>", Subject="Re: Printers")
    assert (found.reply, found.quote) == (KEPT[name], "")


def test_what_outlook_forwards_is_the_message() -> None:
    body = "Please see to it.\n\n" + QUOTES["outlook de"]
    assert mail(body, Subject="WG: Drucker").reply == body
    assert mail(body, Subject="AW: Drucker").quote == QUOTES["outlook de"]
    assert mail(QUOTES["outlook en"], Subject="Printers").reply == QUOTES["outlook en"]


UNKNOWN_PROGRAM = "Anna Kovács kirjutuseba 4.3.2026 kell 10:12:\n" + UNQUOTED


def test_what_we_sent_is_known_again_without_any_sign() -> None:
    assert mail(NEW + "\n" + UNKNOWN_PROGRAM).quote == ""
    assert mail(NEW + "\n" + UNKNOWN_PROGRAM, sent=(OURS,)).quote == UNKNOWN_PROGRAM
    assert mail(NEW + "\n" + UNQUOTED, sent=("Hello.", OURS)).reply == NEW + "\n"


def test_our_words_in_the_middle_of_an_answer_stay() -> None:
    body = "You wrote: please restart the print server and tell us whether the queue moves again. I did, and it does not.\n"
    assert mail(body + NEW, sent=(OURS,)).quote == ""


def test_a_long_quoted_line_that_was_broken_is_no_answer() -> None:
    body = NEW + "\nOn 04/03/2026 10:12, Anna Kovács <anna@desk.example> wrote:\n> " + "x" * 70 + "\nbroken\n> off\n"
    assert mail(body).reply.strip() == NEW.strip()


@pytest.mark.parametrize(
    "said", ["On 04/03/2026 10:12, Anna <anna@desk.example> wrote:\n", "Anna <anna@desk.example> wrote:\n"]
)
def test_the_last_line_of_an_answer_is_no_part_of_what_introduces_a_quote(said: str) -> None:
    found = mail("Hello,\nthat helped.\n" + said + QUOTED)
    assert (found.reply, found.quote) == ("Hello,\nthat helped.\n", said + QUOTED)


def test_a_line_of_ours_without_its_mark_is_no_answer() -> None:
    quoted = "On 04/03/2026 10:12, Anna Kovács <anna@desk.example> wrote:\n> Dear Jana,\nplease restart the print server and tell us\n> whether\n"
    assert mail(NEW + quoted).quote == ""
    assert mail(NEW + quoted, sent=(OURS,)).quote == quoted


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nJana\nBrightwater\n",
        "--\nJana\n",
        "Sent from my iPhone\n",
        "Von meinem iPhone gesendet\n",
        "Odoslané z iPhonu\n",
    ],
)
def test_a_signature_is_known_and_stays_in_the_reply(signature: str) -> None:
    found = mail(NEW + "\n" + signature + "\n" + QUOTES["apple en"])
    assert found.reply == NEW + "\n" + signature + "\n"
    assert found.signature.strip() == signature.strip()
    assert mail(NEW).signature == ""


def test_html_alone_is_folded_as_text() -> None:
    gmail = (
        "<div dir=ltr>That helped.</div><br><div class=gmail_quote><div class=gmail_attr>On Wed, Mar 4, 2026 at 10:12 AM"
        ' Anna &lt;<a href="mailto:anna@desk.example">anna@desk.example</a>&gt; wrote:<br></div>'
        "<blockquote>Dear Jana,<br>please restart</blockquote></div>"
    )
    assert page(gmail).reply.strip() == "That helped."
    outlook = (
        "<p>That helped.</p><hr><div id=divRplyFwdMsg><b>From:</b> Anna &lt;anna@desk.example&gt;<br><b>Sent:</b> Wednesday,"
        " March 4, 2026 10:12<br><b>To:</b> Jana<br><b>Subject:</b> Printers</div><p>Dear Jana</p>"
    )
    assert page(outlook).reply.strip() == "That helped."
    both = multipart(
        "alternative", "\r\n" + NEW + "\r\n" + QUOTES["gmail en"], "Content-Type: text/html\r\n\r\n" + gmail
    )
    assert both.reply.strip() == NEW.strip()


WORDS = st.lists(
    st.sampled_from([*QUOTES.values(), *KEPT.values(), NEW, "\n", "> \n", "-- \n", ":\n", "\u2028", "\r\n"]), max_size=6
)


@given(WORDS.map("".join) | st.text(), st.none() | st.text(max_size=9), st.booleans(), st.lists(st.text(), max_size=2))
@settings(deadline=None)
def test_reply_and_quote_are_always_the_text(text: str, subject: str | None, answering: bool, sent: list[str]) -> None:
    found = fold(text, subject, answering, Sent(sent))
    assert found.reply + found.quote == text
    assert found.reply.endswith(found.signature)
