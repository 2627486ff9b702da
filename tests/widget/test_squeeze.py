"""What the squeezing of the widget's files keeps and what it takes away."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.squeeze import widget_files

WRITTEN = """/* What
   it is. */
const a = `x ; // ${b} = { y }`;

  // why
c(/ {2} , /g, "d ; // e"); // because
"""
TRAVELS = b'const a=`x ; // ${b} = { y }`;c(/ {2} , /g,"d ; // e");'


def test_modules_are_joined_and_only_what_is_quoted_stays_as_written(tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "main.js").write_text('import { a } from "./a.js";\nimport "./b.js";\na();\n')
    (tmp_path / "chat" / "a.js").write_text('import { b } from "./b.js";\nexport const a = () => b;\n')
    (tmp_path / "chat" / "b.js").write_text("export let b = 1;\n")
    (tmp_path / "chat" / "chat.css").write_text("/* What. */\n.a :is(b, c) {\n  margin: calc(1px + 2px) 0;\n}\n")
    (tmp_path / "loader.js").write_text(WRITTEN)
    assert widget_files(tmp_path)["chat.js"] == b"let b=1;const a=()=>b;a();"
    assert widget_files(tmp_path)["chat.css"] == b".a :is(b,c){margin:calc(1px + 2px) 0}"
    assert widget_files(tmp_path)["loader.js"] == TRAVELS


def test_private_names_travel_short(tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "main.js").write_text(
        "class A {\n  #written = 1;\n  #more() {\n    this.#written += this.#written + this.#more();\n  }\n}\n"
    )
    (tmp_path / "chat" / "chat.css").write_text("")
    (tmp_path / "loader.js").write_text("")
    assert widget_files(tmp_path)["chat.js"] == b"class A{#a=1;#b(){this.#a+=this.#a+this.#b();}}"


def test_two_modules_may_not_use_one_name(tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "main.js").write_text('import { a } from "./a.js";\nconst MOST = 2;\n')
    (tmp_path / "chat" / "a.js").write_text("export const a = 1;\nconst MOST = 1;\n")
    (tmp_path / "chat" / "chat.css").write_text("")
    (tmp_path / "loader.js").write_text("")
    with pytest.raises(ValueError, match="MOST"):
        widget_files(tmp_path)


def test_a_template_inside_a_template_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "main.js").write_text("const a = `x ${b ? `y  z` : z}`;\n")
    (tmp_path / "chat" / "chat.css").write_text("")
    (tmp_path / "loader.js").write_text("")
    with pytest.raises(ValueError, match="inside a template"):
        widget_files(tmp_path)
