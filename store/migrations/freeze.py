"""Writes step 1 anew from store/schema/: `python -m store.migrations.freeze`. Only before the first release.

Later a change of the schema is a new step, written by hand, beside the change in store/schema/.
"""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateSequence, CreateTable

from store.schema import TICKET_NUMBERS, metadata

STEP = Path(__file__).with_name("m0001_schema.py")

_SQLITE: Dialect = sqlite.dialect()
_DIALECTS: dict[str, Dialect] = {"sqlite": _SQLITE, "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call]
_TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER audit_keeps_rows BEFORE UPDATE ON audit\n"
        "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
        "CREATE TRIGGER audit_keeps_all BEFORE DELETE ON audit\nBEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS\n"
        "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$",
        "CREATE TRIGGER audit_keeps_rows BEFORE UPDATE OR DELETE ON audit\n"
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_keeps_all BEFORE TRUNCATE ON audit\nFOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    ),
}


def statements(dialect: str) -> Iterator[str]:
    """Everything that makes the tables of the metadata in that database."""
    if _DIALECTS[dialect].supports_sequences:
        yield _tidy(str(CreateSequence(TICKET_NUMBERS).compile(dialect=_DIALECTS[dialect])))
    for table in metadata.sorted_tables:
        yield _tidy(str(CreateTable(table).compile(dialect=_DIALECTS[dialect])))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield _tidy(str(CreateIndex(index).compile(dialect=_DIALECTS[dialect])))
    yield from _TRIGGERS[dialect]


def written() -> str:
    """The text of step 1."""
    lines = ['"""Step 1: the tables of the first release; made by `python -m store.migrations.freeze`."""', ""]
    lines.append("STATEMENTS: dict[str, tuple[str, ...]] = {")
    for dialect in _DIALECTS:
        lines += [f'    "{dialect}": (', *(f'        """{text}""",' for text in statements(dialect)), "    ),"]
    return "\n".join([*lines, "}", ""])


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip().replace("\t", "    ") for line in text.strip().splitlines())


if __name__ == "__main__":
    STEP.write_text(written())
    print(f"{STEP.name} written from store/schema/")
