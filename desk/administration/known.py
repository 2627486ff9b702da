"""What is known of the world outside: languages by their two letters, hosts where anybody may have a mailbox."""

from __future__ import annotations

_CODES = """aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee
    el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv
    ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne
    ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st
    su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"""
LANGUAGES = frozenset(_CODES.split())
"""ISO 639-1: all 183."""

_ANYWHERE = ("yahoo", "ymail", "hotmail", "outlook", "live", "gmx", "centrum", "yandex")
"""Of these names under any country's ending."""
_HOSTS = """gmail.com googlemail.com msn.com rocketmail.com icloud.com me.com mac.com aol.com mail.com email.com
    zoho.com
    web.de freenet.de t-online.de arcor.de mail.de posteo.de mailbox.org proton.me protonmail.com pm.me tutanota.com
    tuta.com fastmail.com hushmail.com mail.ru bk.ru inbox.ru list.ru rambler.ru qq.com 163.com 126.com seznam.cz
    email.cz post.cz volny.cz atlas.cz azet.sk zoznam.sk pobox.sk post.sk inmail.sk wp.pl o2.pl onet.pl interia.pl
    freemail.hu citromail.hu orange.fr free.fr laposte.net wanadoo.fr libero.it virgilio.it bluewin.ch"""
_PUBLIC = frozenset(_HOSTS.split())


def is_public_mail_host(domain: str) -> bool:
    """Anybody may have an address there, so it says nothing of whose person somebody is."""
    name, _dot, ending = domain.partition(".")
    is_country = ending in ("com", "net") or all(2 <= len(part) <= 3 for part in ending.split("."))
    return domain in _PUBLIC or (name in _ANYWHERE and is_country)
