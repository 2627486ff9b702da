"""The demo: a seeded desk, its clock, its simulated customers, its pages. Never part of a real desk."""
