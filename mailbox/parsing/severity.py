"""Words by which people say that it burns: whoever writes them is offered for severity 1 or 2, an agent decides."""

from __future__ import annotations

import re
import unicodedata

from mailbox.parsing.parsed import Urgency

WORDS: dict[str, dict[int, tuple[str, ...]]] = {
    "all": {
        1: ("sev ?1", "sev-1", "p1", "prio ?1"),
        2: ("sev ?2", "sev-2", "p2", "prio ?2"),
    },
    "en": {
        1: (
            "severity 1",
            "priority 1",
            "outages?",
            "emergency",
            "data ?loss",
            "lost (?:all|our) data",
            "ransomware",
            "hacked",
            "(?:security|data) breach",
            "(?:system|production|server|service|site|website|shop|everything|all)"
            " (?:is |are |went |has gone )?(?:completely )?down",
            "(?:nobody|no one|none of us) can (?:work|log ?in|sign in)",
            "complete(?:ly)? (?:stopped|standstill)",
        ),
        2: (
            "severity 2",
            "priority 2",
            "urgent(?:ly)?",
            "critical",
            "asap",
            "as soon as possible",
            "degraded",
            "very slow",
            "blocked",
            "cannot work",
            "can't work",
            "immediately",
            "stopped working",
        ),
    },
    "de": {
        1: (
            "schweregrad 1",
            "prioritat 1",
            "\\w*ausfall",
            "\\w*stillstand",
            "notfall",
            "datenverlust",
            "gehackt",
            "datenleck",
            "sicherheitsvorfall",
            "steht still",
            "stehen still",
            "(?:system|server|produktion|shop|webseite|alles)"
            " (?:ist |sind |liegt )?(?:komplett |vollig )?(?:down|tot|ausgefallen|lahm)",
            "(?:niemand|keiner) kann (?:mehr )?(?:arbeiten|sich anmelden)",
            "geht (?:gar )?nichts mehr",
        ),
        2: (
            "schweregrad 2",
            "prioritat 2",
            "dringend\\w*",
            "eilig\\w*",
            "eilt",
            "kritisch\\w*",
            "sofort",
            "schnellstmoglich",
            "so schnell wie moglich",
            "umgehend",
            "sehr langsam",
            "blockiert",
            "funktioniert nicht(?: mehr)?",
            "(?:betriebs)?storung(?:en)?",
        ),
    },
    "sk": {
        1: (
            "zavaznost 1",
            "priorita 1",
            "vypad(?:ok|ku|ky|kom|kov)",
            "havari[aeiu]",
            "strat(?:a|u|y|e) (?:dat|udajov)",
            "hacknut\\w*",
            "unik (?:dat|udajov)",
            "vydieracsk\\w+",
            "nikto (?:sa )?nemoze (?:pracovat|prihlasit)",
            "vsetko (?:stoji|spadlo)",
            "(?:system|server|vyroba|web|eshop) (?:stoji|spadol|spadla|nebezi)",
            "nic nefunguje",
            "nic nejde",
            "nudzov\\w+",
        ),
        2: (
            "zavaznost 2",
            "priorita 2",
            "surn\\w+",
            "naliehav\\w+",
            "kritick\\w+",
            "co najskor",
            "ihned",
            "okamzite",
            "nefunguj[eu]",
            "nefunguju",
            "nejde(?: to)?",
            "velmi pomal\\w+",
            "zablokovan\\w+",
        ),
    },
}
"""By language and severity, small letters without accents; what stands in brackets is a pattern."""
MOST_SIGNS = 50_000
MOST = 20
_PATTERNS = tuple(
    (severity, re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)"))
    for severity in (1, 2)
    for words in [[word for language in WORDS.values() for word in language[severity]]]
)


def urgencies(subject: str | None, text: str) -> tuple[Urgency, ...]:
    """Each word once, the graver severity first. `text` is what the person wrote, without quotes."""
    plain = _folded(f"{subject or ''}\n{text[:MOST_SIGNS]}")
    found = dict.fromkeys(
        Urgency(severity, re.sub(r"\s+", " ", match[0]))
        for severity, pattern in _PATTERNS
        for match in pattern.finditer(plain)
    )
    return tuple(found)[:MOST]


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(sign for sign in apart if unicodedata.category(sign) != "Mn").replace("ß", "ss").replace("’", "'")
