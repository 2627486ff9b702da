"""Instants as the record holds them: whole microseconds since 1970 UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """An aware instant as the record holds it. Raises TypeError when it is naive."""
    return (at - _EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """What the record holds as an aware instant in UTC."""
    return _EPOCH + timedelta(microseconds=value)
