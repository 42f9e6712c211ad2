"""A moment reads the same wherever somebody was when it was noted."""

from datetime import UTC, datetime, timedelta, timezone

from cordboard.provisioning.moments import when


def test_a_moment_is_told_in_utc() -> None:
    noon = datetime(2026, 11, 21, 12, 0, 7, 900_000, tzinfo=UTC)
    assert when(noon) == "2026-11-21 12:00:07 UTC"
    assert when(noon.astimezone(timezone(timedelta(hours=4)))) == when(noon)
