"""The wire to a mailbox: one IMAP connection, owned by one task. No database, no rule of the desk."""
