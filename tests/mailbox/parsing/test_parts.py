"""Parts, their names and types, and what is odd about them."""

from __future__ import annotations

import base64
import io
import zipfile
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mailbox.parsing.attachments import clean_name, sniffed
from tests.mailbox.parsing.making import HEAD, multipart, read


def picture(kind: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (2, 2)).save(made, kind)
    return made.getvalue()


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


def attached(content: bytes, *head: str) -> str:
    return "\r\n".join([*head, "Content-Transfer-Encoding: base64", "", base64.encodebytes(content).decode()])


NAMES = {
    "plan.pdf": "plan.pdf",
    "../../etc/passwd": "passwd",
    "C:\\Users\\jana\\plan.pdf": "plan.pdf",
    "pl\u202efdp.exe": "plfdp.exe",
    "a\u200b\u0007\r\nb.txt": "ab.txt",
    "  .hidden ": "hidden",
    "...": "",
    "a:b*c?.txt": "a_b_c_.txt",
    "ž" * 200 + ".pdf": "ž" * 58 + ".pdf",
    "x" * 300: "x" * 120,
    "a." + "b" * 300: "a." + "b" * 118,
    "CON/NUL": "NUL",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_safe_for_every_file_system(name: str) -> None:
    assert clean_name(name) == NAMES[name]


@given(st.text(max_size=300))
@settings(deadline=None)
def test_no_name_is_longer_than_a_file_system_takes(name: str) -> None:
    clean = clean_name(name)
    assert len(clean.encode()) <= 120
    assert clean_name(clean) == clean
    assert "/" not in clean


GIVEN = {
    'Content-Disposition: attachment; filename="plan.pdf"': "plan.pdf",
    "Content-Disposition: attachment; filename=plan.pdf": "plan.pdf",
    "Content-Disposition: attachment; filename*=utf-8''%C5%BElt%C3%A1%20plan.pdf": "žltá plan.pdf",
    "Content-Disposition: attachment; filename*0*=utf-8''%C5%BElt; filename*1*=%C3%A1; filename*2=.pdf": "žltá.pdf",
    "Content-Disposition: attachment; filename*1=n.pdf; filename*0=pla": "plan.pdf",
    'Content-Disposition: attachment; filename="=?utf-8?q?=C5=BElt=C3=A1?=.pdf"': "žltá.pdf",
    'Content-Disposition: attachment; filename="=?utf-8?q?=C5=BElt=C3=A1?=\r\n =?utf-8?q?_plan=2Epdf?="': "žltá plan.pdf",
    'Content-Type: application/pdf; name="plan.pdf"': "plan.pdf",
    'Content-Disposition: attachment; filename="pl\\"an.pdf"': "pl_an.pdf",
    "Content-Disposition: attachment; filename=žltá.pdf": "žltá.pdf",
    "Content-Disposition: attachment": "part-1.txt",
    'Content-Disposition: attachment; filename=""': "part-1.txt",
    "Content-Type: application/pdf": "part-1.pdf",
    "Content-Disposition: attachment; filename*=x-none''%FF": "˙",
}


@pytest.mark.parametrize("head", GIVEN)
def test_a_name_is_found_however_it_is_written(head: str) -> None:
    (found,) = multipart("mixed", "\r\nHello.", f"{head}\r\n\r\n%PDF-1.4").attachments
    assert found.name == GIVEN[head]


TYPES = {
    "pdf": (b"%PDF-1.4 x", "application/octet-stream", "application/pdf"),
    "png": (picture("PNG"), "image/png", "image/png"),
    "jpeg called png": (picture("JPEG"), "image/png", "image/jpeg"),
    "zip": (zipped("a.txt"), "application/zip", "application/zip"),
    "docx": (
        zipped("[Content_Types].xml", "word/document.xml"),
        "application/zip",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "program called picture": (b"MZ\x90\x00" + bytes(60), "image/png", "application/vnd.microsoft.portable-executable"),
    "page called text": (b"hello <html><script>alert(1)</script>", "text/plain", "text/html"),
    "page called picture": (b"<!DOCTYPE html><p>", "image/png", "text/html"),
    "picture that runs": (b"<?xml version='1.0'?><svg onload=alert(1)>", "image/png", "image/svg+xml"),
    "text called page": (b"hello", "text/html", "text/plain"),
    "table": (b"a,b\n1,2\n", "text/csv", "text/csv"),
    "log called pdf": (b"hello", "application/pdf", "text/plain"),
    "noise": (bytes(range(128, 256)), "application/x-printer-dump", "application/x-printer-dump"),
    "noise called picture": (bytes(range(128, 256)), "image/png", "application/octet-stream"),
    "nothing": (b"", "application/pdf", "application/pdf"),
}


@pytest.mark.parametrize("name", TYPES)
def test_a_type_is_what_the_bytes_show(name: str) -> None:
    content, declared, type = TYPES[name]
    found = multipart("mixed", "\r\nHello.", attached(content, f"Content-Type: {declared}; name=x"))
    (one,) = found.attachments
    assert (one.declared, one.type) == (declared, type)
    assert (one.size, one.sha256, one.content) == (len(content), sha256(content).hexdigest(), content)
    told = "attachment is not what it is called" in "".join(found.defects)
    assert told == (declared.split("/")[0] != type.split("/")[0] and declared != "application/octet-stream")


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_are_without_a_type(content: bytes) -> None:
    assert "/" in sniffed(content)


def test_a_picture_in_the_text_is_inline_and_another_is_not() -> None:
    page = 'Content-Type: text/html\r\n\r\n<p>See <img src="cid:a@b"></p>'
    shown = attached(
        picture("PNG"), "Content-Type: image/png; name=a.png", "Content-ID: <a@b>", "Content-Disposition: inline"
    )
    other = attached(
        picture("PNG"), "Content-Type: image/png; name=b.png", "Content-ID: <c@b>", "Content-Disposition: inline"
    )
    found = multipart("related", page, shown, other)
    assert [(one.name, one.content_id, one.inline) for one in found.attachments] == [
        ("a.png", "a@b", True),
        ("b.png", "c@b", False),
    ]


SEALED = {
    "winmail.dat kept packed": ("application/ms-tnef; name=winmail.dat", b"\x78\x9f\x3e\x22" + bytes(20)),
    "S/MIME kept unread": ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", bytes(20)),
    "S/MIME signature not checked": ("application/pkcs7-signature; name=smime.p7s", bytes(20)),
    "PGP kept unread": ("application/octet-stream; name=encrypted.asc", b"-----BEGIN PGP MESSAGE-----\n\nx"),
    "PGP signature not checked": ("application/pgp-signature; name=signature.asc", b"-----BEGIN PGP SIGNATURE-----\n"),
}


@pytest.mark.parametrize("defect", SEALED)
def test_what_is_sealed_is_kept_and_told(defect: str) -> None:
    type, content = SEALED[defect]
    found = multipart("mixed", "\r\nHello.", attached(content, f"Content-Type: {type}"))
    assert found.defects == (defect,)
    assert found.attachments[0].content == content
    assert found.text.strip() == "Hello."


ODD: dict[str, tuple[bytes, str, str]] = {
    "no end": (b"multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello.", "Hello.", "multipart without its end"),
    "no boundary": (
        b"multipart/mixed\r\n\r\n--b\r\n\r\nHello.",
        "--b\n\nHello.",
        "multipart without boundary, kept whole",
    ),
    "no parts": (b"multipart/mixed; boundary=b\r\n\r\nHello.", "Hello.", "multipart without parts, kept whole"),
    "no type": (b"\r\n\r\nHello.", "Hello.", ""),
    "text": (b"text\r\n\r\nHello.", "Hello.", ""),
    "nonsense type": (b"a b c\r\n\r\nHello.", "Hello.", "content type unreadable: a b c"),
    "blanks after the boundary": (
        b"multipart/mixed; boundary=b\r\n\r\n--b \t\r\n\r\nHello.\r\n--b-- \r\n",
        "Hello.",
        "",
    ),
    "a longer boundary": (b"multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--bb\r\nHello.\r\n--b--", "--bb\nHello.", ""),
    "a boundary within a line": (
        b"multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello --b\r\nx\r\n--b--",
        "Hello --b\nx",
        "",
    ),
    "text before and after": (
        b"multipart/mixed; boundary=b\r\n\r\nNo.\r\n--b\r\n\r\nHello.\r\n--b--\r\nNo.",
        "Hello.",
        "",
    ),
    "damaged base64": (
        b"text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8uI",
        "Hello.",
        "base64 damaged",
    ),
    "unknown encoding": (
        b"text/plain\r\nContent-Transfer-Encoding: x-none\r\n\r\nHello.",
        "Hello.",
        "transfer encoding unknown: x-none",
    ),
    "soft breaks": (
        b"text/plain\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\nHel=\r\nlo=2E=3",
        "Hello.=3",
        "",
    ),
    "uuencoded": (
        b"text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\n&2&5L;&\\N\n`\nend\n",
        "Hello.",
        "",
    ),
    "lines end by CR": (b"text/plain\r\rHello.\r", "Hello.", "lines end by CR alone"),
    "NUL": (b"text/plain\r\n\r\nHel\0lo.", "Hello.", ""),
    "no field": (
        b"text/plain\r\nthis is no field\r\n\r\nHello.",
        "this is no field\n\nHello.",
        "line in the head is no field",
    ),
    "enriched": (b"text/enriched\r\n\r\nHello.", "Hello.", ""),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_read_as_it_was_meant(name: str) -> None:
    after, text, defect = ODD[name]
    raw = HEAD + b"Content-Type: " + after
    found = read(raw.replace(b"\r\n", b"\r") if name == "lines end by CR" else raw)
    assert found.text.strip() == text
    assert any(each.startswith(defect) for each in found.defects) if defect else found.defects == ()


def test_every_form_of_the_same_text_is_read_once() -> None:
    inner = "Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\nHello.\r\n--i\r\nContent-Type: text/x-amp-html\r\n\r\nrun\r\n--i\r\nContent-Type: multipart/related; boundary=r\r\n\r\n--r\r\nContent-Type: text/html\r\n\r\n<p>Hello.</p>\r\n--r--\r\n--i--"
    found = multipart(
        "mixed", inner, attached(b"%PDF-1.4", "Content-Type: application/pdf; name=a.pdf"), "\r\nList footer"
    )
    assert found.text.split() == ["Hello.", "List", "footer"]
    assert found.html == "<p>Hello.</p>\n<pre>List footer</pre>"
    assert [one.name for one in found.attachments] == ["a.pdf"]


def test_a_forwarded_mail_is_an_attachment_and_is_not_opened() -> None:
    found = multipart(
        "mixed", "\r\nSee.", "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: a@b.c\r\n\r\nInner."
    )
    assert (found.subject, found.text.strip()) == (None, "See.")
    assert [(one.name, one.type) for one in found.attachments] == [("part-1.eml", "message/rfc822")]


def test_a_text_that_is_attached_is_no_text_of_the_mail() -> None:
    found = multipart(
        "mixed", "\r\nSee.", "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.log\r\n\r\nlog"
    )
    assert found.text.strip() == "See."
    assert [(one.name, one.type, one.content) for one in found.attachments] == [("a.log", "text/plain", b"log")]
