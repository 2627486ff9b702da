"""The columns of which every table is made."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Text
from sqlalchemy import text as written

metadata = MetaData()


def id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def ref(name: str, target: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, ForeignKey(target), nullable=nullable)


def at(name: str, *, nullable: bool = True) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def text(name: str, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def maybe(name: str) -> Column[str]:
    return Column(name, Text, nullable=True)


def number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=written(str(default)))


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Holds only the rows of which the condition is true."""
    return Index(name, *columns, unique=unique, sqlite_where=written(where), postgresql_where=written(where))
