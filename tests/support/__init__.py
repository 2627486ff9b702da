"""What tests share: proxies, clients, waiting. No tests here."""
