"""Doors for programs: JSON, files, health."""
