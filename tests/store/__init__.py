"""The record: engine, migrations, and the nouns that belong to no trade word of the desk."""
