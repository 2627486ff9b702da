"""A setting that cannot be used ends in one sentence of ours that names it."""

from __future__ import annotations

import pytest

from server.settings import SettingError, load

BAD = {
    "VIPDESK_PORT": "abc",
    "VIPDESK_HOST": "everywhere",
    "VIPDESK_PUBLIC_URL": "desk.example.org",
    "VIPDESK_DATABASE_URL": "mysql://desk:secret@127.0.0.1/desk",
    "VIPDESK_REDIS_URL": "127.0.0.1:6379",
    "VIPDESK_CLOCK": "tomorrow",
    "VIPDESK_FRAME_RATE": "fast",
    "VIPDESK_FRAME_BURST": "0",
    "VIPDESK_LOG_LEVEL": "loud",
    "VIPDESK_LOG_FORMAT": "xml",
}


@pytest.mark.parametrize(("name", "value"), BAD.items())
def test_a_value_that_cannot_be_used_is_said_in_a_sentence_that_names_its_setting(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=rf"^{name} .*must be [^()]*\.$") as refused:
        load({name: value})
    assert "literal" not in str(refused.value) and "isoformat" not in str(refused.value)
    assert "secret" not in str(refused.value)
