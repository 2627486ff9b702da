"""What counts as a mail address: enough of RFC 5321 for people's, nothing that could end a header's line."""

from __future__ import annotations

import re

EMAIL = re.compile(r"[^@\s,;<>\"\x00-\x1f\x7f]{1,64}@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
"""Matched as a whole; its group is the domain. The longest is 254 signs."""
