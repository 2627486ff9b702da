"""The agents' console: its rules in a browser and in node, its vendored files, its screens."""
