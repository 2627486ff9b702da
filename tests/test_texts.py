"""Every text that people read goes through the catalogues, and the catalogues are kept as bin/texts makes them."""

from __future__ import annotations

import json
import re
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

from desk import texts
from server.pages.texts import preferred
from tests.support.catalogues import ROOT, keeper

KEEPER = keeper()
SCRIPTS = sorted(path for folder in KEEPER.SCRIPTS for path in (ROOT / folder).rglob("*.js"))
TEMPLATES = sorted((ROOT / "server" / "templates").rglob("*.html"))
NAMES = {"Esc", "VIP"}
"""Names, the same in every language."""

SPOKEN = ("de", "sk")
"""Besides English."""

WORDS = re.compile(r"[A-Za-z]{2,}")
ATTRIBUTE = r'\b(?:title|aria-label|ariaLabel|ariaDescription|placeholder|alt|label)\s*{}\s*"([^"]*)"'
BETWEEN = re.compile(r">([^<>`{}()=;|]*)<")
SENTENCE = re.compile(r'"([A-Z][a-z]+,? [a-z][^"\n]*)"')


def naked_in_script(code: str) -> list[str]:
    """Texts in a script that no catalogue would translate."""
    bare = re.sub(KEEPER.CALL.pattern, "call(", KEEPER.COMMENT.sub("", code))
    flat, before = bare, ""
    while flat != before:
        flat, before = re.sub(r"\$\{[^{}`]*\}", "", flat), flat
    found = BETWEEN.findall(flat) + re.findall(ATTRIBUTE.format("[:=]"), bare) + SENTENCE.findall(bare)
    return _texts(found)


def naked_in_template(code: str) -> list[str]:
    """The same in a page."""
    code = re.sub(r"\{#.*?#\}|<!doctype html>|\{% trans.*?endtrans %\}", "", code, flags=re.S)
    code = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", code, flags=re.S)
    found = re.findall(r">([^<>]*)<", code) + re.findall(ATTRIBUTE.format("="), code)
    return _texts(found)


def _texts(found: list[str]) -> list[str]:
    stripped = dict.fromkeys(text.strip() for text in found)
    return [text for text in stripped if WORDS.search(text) and text not in NAMES]


def test_the_template_and_everything_compiled_are_up_to_date() -> None:
    made = KEEPER.made(ROOT / "server" / "texts")
    stale = [path.name for path, body in made.items() if not path.is_file() or path.read_bytes() != body]
    assert stale == [], "run bin/texts"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_script_shows_only_texts_of_the_catalogues(path: Path) -> None:
    assert naked_in_script(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_shows_only_texts_of_the_catalogues(path: Path) -> None:
    assert naked_in_template(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_text_is_written_where_it_is_shown(path: Path) -> None:
    code = KEEPER.COMMENT.sub("", path.read_text("utf-8"))
    calls = re.findall(r"(?<![\w.])(?<!function )(?:t|tn|n)\((?!\s*\")[^\n]{0,60}", code)
    assert [call for call in calls if path.name not in ("texts.js", "loader.js")] == []


def test_a_naked_text_is_found() -> None:
    assert naked_in_script('html`<p class="a">Good morning ${name}</p>`') == ["Good morning"]
    assert naked_in_script('h("p", {title: "Good morning"}); f("Good morning, all")') == [
        "Good morning",
        "Good morning, all",
    ]
    assert naked_in_script('html`<p title=${t("Good morning")}>${t("Good {name}", {name})}</p>`') == []
    assert naked_in_template('<p>{{ _("Hello") }} there</p><b title="No way"></b>') == ["there", "No way"]


def test_texts_are_found_in_scripts_code_and_refusals() -> None:
    script = 'x(t("One {name}", {name}), tn("a", "b", 2)); // t("no")\n/* t("no") */ start("no"); t(\n"Two \\"2\\"")'
    assert list(KEEPER.in_script(script)) == ["One {name}", ("a", "b"), 'Two "2"']
    code = 'raise errors.Taken("Gone.")\nsay(lang, "Hello {who}", who=1)\n_("Yes")\nprint("no")\nsentence = "Sorry."'
    assert sorted(KEEPER.in_python(code)) == ["Gone.", "Hello {who}", "Sorry.", "Yes"]


def test_a_text_is_found_by_the_name_of_its_constant() -> None:
    code = 'WRONG = "No."\ncheck.refuse("photo", WRONG)\n_(WRONG if late else "Yes")'
    assert set(KEEPER.in_python(code)) == {"No.", "Yes"}
    code = "from server.api.uploads import ONE_FILE as ONE\nfrom routing.errors import BadRequest\nBadRequest(ONE)"
    assert [text.split()[0] for text in KEEPER.in_python(code)] == ["Send"]


@pytest.mark.parametrize(
    "call", ["_(x)", "say(language, name())", 'check.refuse("name", f"No {x}")', "Conflict(words)"]
)
def test_a_text_that_no_catalogue_can_hold_is_named(call: str) -> None:
    with pytest.raises(SystemExit, match=r"desk/some\.py:2: no text can be found for"):
        list(KEEPER.in_python(f"import this\n{call}", "desk/some.py"))


def test_a_text_that_was_found_before_may_be_passed_on() -> None:
    assert list(KEEPER.in_python("_(error.msgid, **error.values)\nself.refuse(rid, error)\nNotFound()")) == []


def compiled(
    tmp_path: Path, language: str, *messages: tuple[str | tuple[str, str], str | tuple[str, ...], str]
) -> Path:
    """Files of a language, from (text, translation, file of the code)."""
    catalog = Catalog(locale=language)
    for id, string, place in messages:
        catalog.add(id, string, locations=[(place, 0)])
    for path, body in KEEPER.compiled(tmp_path, catalog).items():
        path.write_bytes(body)
    return tmp_path


def test_each_part_gets_its_texts_with_plurals_by_the_names_browsers_use(tmp_path: Path) -> None:
    folder = compiled(
        tmp_path,
        "sk",
        ("Support chat", "Podpora", "widget/static/loader.js"),
        (
            ("{count} file", "{count} files"),
            ("{count} súbor", "{count} súbory", "{count} súborov"),
            "server/static/js/a.js",
        ),
        ("Password", "", "server/static/js/a.js"),
        ("Solved.", "Vyriešené.", "desk/words.py"),
    )
    assert json.loads((folder / "loader.json").read_text()) == {"Support chat": "Podpora"}
    assert json.loads((folder / "widget.json").read_text()) == {}
    forms = json.loads((folder / "console.json").read_text())["{count} file"]
    assert (forms["one"], forms["few"], forms["other"]) == ("{count} súbor", "{count} súbory", "{count} súborov")
    with (folder / "vipdesk.mo").open("rb") as file:
        python = GNUTranslations(file)
    assert python.gettext("Solved.") == "Vyriešené." and python.gettext("Password") == "Password"
    assert python.ngettext("{count} file", "{count} files", 5) == "{count} súborov"


def test_a_translation_with_a_value_of_its_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="names a value"):
        compiled(tmp_path, "sk", ("Hello {name}", "Ahoj {meno}", "desk/words.py"))


def test_the_reader_gets_the_first_language_that_we_speak(tmp_path: Path) -> None:
    with (compiled(tmp_path, "sk", ("Solved.", "Vyriešené.", "desk/words.py")) / "vipdesk.mo").open("rb") as file:
        texts.speak({"sk": GNUTranslations(file)})
    try:
        assert preferred("fr-CH, sk-SK;q=0.8, en;q=0.9") == "en"
        assert preferred("fr-CH, sk-SK;q=0.8") == "sk-SK"
        assert preferred("fr-CH, de;q=0.8") == "fr-CH"
        assert preferred("*, ;;, x" * 200) == ""
        assert texts.say("sk-SK", "Solved.") == "Vyriešené."
        assert texts.say("fr", "Solved.") == texts.say("en", "Solved.") == "Solved."
    finally:
        texts.speak({})


@pytest.mark.parametrize("language", SPOKEN)
def test_every_text_is_translated(language: str) -> None:
    with (ROOT / "server" / "texts" / language / "vipdesk.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    missing = [message.id for message in catalog if message.id and not all(_forms(message))]
    assert missing == [], "fill in server/texts/<language>/vipdesk.po, then run bin/texts"


@pytest.mark.parametrize("language", SPOKEN)
def test_a_translation_has_the_places_of_its_text(language: str) -> None:
    with (ROOT / "server" / "texts" / language / "vipdesk.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    for message in catalog:
        wanted = [set(KEEPER.PLACE.findall(id)) for id in _texts_of(message.id)]
        assert all(set(KEEPER.PLACE.findall(form)) in wanted for form in _forms(message)), message.id


def _forms(message: Message) -> tuple[str, ...]:
    return _texts_of(message.string or "")


def _texts_of(either: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (either,) if isinstance(either, str) else tuple(either)


def test_languages_that_run_from_right_to_left_say_so() -> None:
    assert [texts.direction(language) for language in ("ar", "he-IL", "en", "sk")] == ["rtl", "rtl", "ltr", "ltr"]
