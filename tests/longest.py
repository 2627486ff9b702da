"""The files that take longest, longest first (`make test ARGS=--junitxml=…` tells): who begins with them ends together.

One that is not here costs nothing but, perhaps, a processor that waits for the other at the end.
"""

from __future__ import annotations

LONGEST = (
    "tests/console/test_states.py",
    "tests/desk/test_simulations.py",
    "tests/pages/test_admin_looks.py",
    "tests/browser/test_story_hops.py",
    "tests/browser/test_access_chat.py",
    "tests/browser/test_story_faults.py",
    "tests/server/test_many_processes.py",
    "tests/desk/test_kills.py",
    "tests/pages/test_picking.py",
    "tests/browser/test_story_in_hours.py",
    "tests/widget/test_portal.py",
    "tests/server/test_live_faults.py",
    "tests/mailbox/test_killed_pollers.py",
    "tests/mailbox/test_killed_sender.py",
    "tests/commands/test_real_desk.py",
    "tests/commands/test_start.py",
    "tests/pages/test_admin.py",
    "tests/demo/test_simulator.py",
    "tests/pages/test_bar.py",
    "tests/widget/test_kept.py",
    "tests/commands/test_erasing.py",
    "tests/browser/test_console_day.py",
    "tests/pages/test_admin_without_script.py",
    "tests/server/test_fronts.py",
    "tests/pages/test_erasing_pages.py",
    "tests/desk/test_talk.py",
    "tests/server/test_protected_pages.py",
    "tests/desk/administration/test_buttons.py",
    "tests/desk/test_agent_identity.py",
    "tests/test_shots.py",
    "tests/commands/test_changing_by_commands.py",
    "tests/commands/test_backup_drill.py",
    "tests/pages/test_calendar_pages.py",
    "tests/browser/test_console_ring.py",
    "tests/server/test_record_faults.py",
    "tests/pages/test_people.py",
    "tests/widget/test_wire.py",
)
