"""Whatever charset is claimed, the words come out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.parsing.charsets import text_of
from mailbox.parsing.defects import Defects
from tests.mailbox.parsing.making import HEAD, read

UTF8 = "Žltá „tlačiareň“ – 5 €".encode()

CLAIMS = {
    "none": (UTF8, None, "Žltá „tlačiareň“ – 5 €", ()),
    "empty": (UTF8, "", "Žltá „tlačiareň“ – 5 €", ()),
    "ascii that is not": (UTF8, "us-ascii", "Žltá „tlačiareň“ – 5 €", ()),
    "latin that is not": (UTF8, "iso-8859-1", "Žltá „tlačiareň“ – 5 €", ("charset wrong: iso-8859-1",)),
    "windows that is not": ("žena".encode(), "windows-1252", "žena", ("charset wrong: windows-1252",)),
    "utf-8 that is not": ("Žltá".encode("cp1250"), "utf-8", "Žltá", ("charset wrong: utf-8",)),
    "none, of Windows": ("Žltá".encode("cp1250"), None, "Žltá", ()),
    "latin with signs of Windows": ("„5 €“".encode("cp1252"), "iso-8859-1", "„5 €“", ()),
    "central europe": ("Žltá".encode("iso-8859-2"), "iso-8859-2", "Žltá", ()),
    "quoted name": ("Žltá".encode("cp1250"), '"Windows-1250"', "Žltá", ()),
    "cyrillic": ("Привет".encode("koi8-r"), "koi8-r", "Привет", ()),
    "chinese with later letters": ("镕".encode("gb18030"), "gb2312", "镕", ()),
    "japanese": ("プリンタ".encode("iso-2022-jp"), "iso-2022-jp", "プリンタ", ()),
    "japanese of Windows": ("①".encode("cp932"), "shift_jis", "①", ()),
    "korean": ("프린터".encode("cp949"), "ks_c_5601-1987", "프린터", ()),
    "hebrew": ("שלום".encode("iso-8859-8"), "iso-8859-8-i", "שלום", ()),
    "utf-7": ("Žltá".encode("utf-7"), "unicode-1-1-utf-7", "Žltá", ()),
    "utf-16": ("Žltá".encode("utf-16"), "utf-16", "Žltá", ()),
    "user defined": (UTF8, "x-user-defined", "Žltá „tlačiareň“ – 5 €", ("charset unknown: x-user-defined",)),
    "a NUL": (b"a", "utf-8\0", "a", ("charset unknown: utf-8",)),
    "rot13": (b"Uryyb", "rot13", "Uryyb", ("charset unknown: rot13",)),
    "hex": (b"6162", "hex", "6162", ("charset unknown: hex",)),
    "zlib": (b"x\x9c", "zlib", "xś", ("charset unknown: zlib", "charset wrong: zlib")),
    "base64": (b"YQ==", "base64", "YQ==", ("charset unknown: base64",)),
    "idna": (b"xn--a", "idna", "xn--a", ("charset unknown: idna",)),
    "escapes": (rb"\x41", "unicode_escape", r"\x41", ("charset unknown: unicode_escape",)),
    "long": (b"a", "x" * 10_000, "a", (f"charset unknown: {'x' * 160}",)),
    "8-bit unknown": (UTF8, "unknown-8bit", "Žltá „tlačiareň“ – 5 €", ()),
    "bytes of no charset": (b"\x81\x8d", "utf-8", "", ("charset wrong: utf-8",)),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_the_words_come_out_and_a_wrong_claim_is_told(name: str) -> None:
    content, charset, text, told = CLAIMS[name]
    defects = Defects()
    assert text_of(content, charset, defects).strip("\x81\x8d") == text
    assert defects.all() == told


CHARSETS = st.text(max_size=12) | st.sampled_from(
    ["utf-7", "utf-16", "utf-32-be", "hz", "iso-2022-kr", "big5", "cp65001", "mbcs", "undefined"]
)


@given(st.binary(max_size=200), st.none() | CHARSETS)
@settings(deadline=None)
def test_no_bytes_and_no_charset_are_a_failure(content: bytes, charset: str | None) -> None:
    text = text_of(content, charset, Defects())
    assert text.encode("utf-8").decode("utf-8") == text
    assert "\0" not in text
    assert "\r" not in text


def test_a_page_may_name_its_charset_itself() -> None:
    raw = HEAD + b"Content-Type: text/html\r\n\r\n<meta http-equiv=x content='text/html; charset=iso-8859-2'>\xae"
    assert read(raw).text == "Ž\n"


HEADS = {
    "words": ("=?utf-8?q?=C5=BDlt=C3=A1?= =?utf-8?B?dGxhxI1pYXJlxYg=?=", "Žltátlačiareň"),
    "a letter in two words": ("=?utf-8?b?xb0=?= =?utf-8?b?xA==?= =?utf-8?b?jQ==?=", "Žč"),
    "words between words": ("Re: =?iso-8859-2?Q?=AElt=E1?= x =?utf-8?q?y?=", "Re: Žltá x y"),
    "a blank in a word": ("=?utf-8?q?two words?=", "two words"),
    "a question in a word": ("=?utf-8?q?what?_now=3F?=", "what? now?"),
    "language": ("=?utf-8*sk?q?=C5=BD?=", "Ž"),
    "unknown charset": ("=?x-none?q?=C5=BD?=", "Ž"),
    "no base64": ("=?utf-8?b?%%%?= x", "x"),
    "raw bytes": ("Žltá", "Žltá"),
    "not closed": ("=?utf-8?q?abc", "=?utf-8?q?abc"),
    "a line break inside": ("=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
    "folded": ("Two\r\n lines", "Two lines"),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_subject_is_read(name: str) -> None:
    raw, subject = HEADS[name]
    assert read(f"Subject: {raw}\r\n\r\n".encode()).subject == subject
