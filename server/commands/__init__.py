"""What `vipdesk <command>` does, one file per group of commands."""
