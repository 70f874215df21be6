"""Points in time as the reader counts them: how long ago, or by the reader's own clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from pages.ui.strings import text


def ago(moment: float) -> str:
    """How long ago, in words; `moment` in seconds since the epoch."""
    passed = max(0.0, time.time() - moment)
    if passed < 60:
        return text("just_now")
    if passed < 3600:
        return text("minutes_ago", count=round(passed / 60))
    if passed < 86400:
        return text("hours_ago", count=round(passed / 3600))
    return text("days_ago", count=round(passed / 86400))


def clock(moment: datetime | float) -> str:
    """Day and time, e.g. ``3 Feb 2026, 14:05``; stays the same while time goes by, as options of a list must."""
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(moment, UTC)
    local = moment.astimezone(_zone())
    month = text("months").split(",")[local.month - 1]
    return text("clock", day=local.day, month=month, year=local.year, time=f"{local:%H:%M}")


def _zone() -> tzinfo:
    """The time zone of the reader's browser."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
