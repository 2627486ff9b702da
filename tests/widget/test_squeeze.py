"""What the squeezing of the widget's files keeps and what it takes away."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.squeeze import squeeze_script, squeeze_style, widget_files


def test_comments_and_indentation_do_not_travel() -> None:
    text = '/* What\n   it is. */\nconst a = "http://x//y";\n\n  // why\n  b(a); // because\n'
    assert squeeze_script(text) == 'const a="http://x//y";b(a);'


def test_modules_are_joined_after_what_they_need(tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "main.js").write_text('import { a } from "./a.js";\nimport "./b.js";\na();\n')
    (tmp_path / "chat" / "a.js").write_text('import { b } from "./b.js";\nexport const a = () => b;\n')
    (tmp_path / "chat" / "b.js").write_text("export let b = 1;\n")
    (tmp_path / "chat" / "chat.css").write_text("")
    (tmp_path / "loader.js").write_text("")
    assert widget_files(tmp_path)["chat.js"] == b"let b=1;const a=()=>b;a();"


def test_two_modules_may_not_use_one_name(tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "main.js").write_text('import { a } from "./a.js";\nconst MOST = 2;\n')
    (tmp_path / "chat" / "a.js").write_text("export const a = 1;\nconst MOST = 1;\n")
    (tmp_path / "chat" / "chat.css").write_text("")
    (tmp_path / "loader.js").write_text("")
    with pytest.raises(ValueError, match="MOST"):
        widget_files(tmp_path)


def test_what_is_quoted_stays_as_written() -> None:
    text = 'const a = `x ; ${b} = { y }`;\nc(/ {2} , /g, "d ; e");\nf = a ? / = / : 1 / 2 / 3;\n'
    assert squeeze_script(text) == 'const a=`x ; ${b} = { y }`;c(/ {2} , /g,"d ; e");f=a ? / = /:1 / 2 / 3;'


def test_a_template_inside_a_template_is_refused() -> None:
    with pytest.raises(ValueError, match="told apart"):
        squeeze_script("const a = `x ${b ? `y` : z}`;\n")


def test_a_style_sheet_loses_what_means_nothing() -> None:
    text = "/* What. */\n.a :is(b, c) {\n  margin: calc(1px + 2px) 0;\n}\n@media (width > 3px) { d { e: f; } }\n"
    assert squeeze_style(text) == ".a :is(b,c){margin:calc(1px + 2px) 0;}\n@media (width > 3px){d{e:f;}}\n"
