"""What the sensors page reads: the channels as they stand, one channel over a span of time, and what came since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ui.charts.stretch import Shade, Stretch

if TYPE_CHECKING:
    from workstation.insight.sensors import SensorAlarm, SensorChannel
    from workstation.insight.series import ChannelSeries
    from workstation.station import Station
    from workstation.store import Reader

MINUTE, HOUR, DAY = 60, 3600, 86_400
SPANS = (
    ("15 min", 15 * MINUTE),
    ("1 h", HOUR),
    ("8 h", 8 * HOUR),
    ("1 day", DAY),
    ("1 week", 7 * DAY),
    ("1 month", 30 * DAY),
    ("1 year", 365 * DAY),
)
"""Spans one can look at, in seconds."""
SHORTEST = 60.0
"""Seconds that are shown at least where a channel has only just begun."""
STALE = 60.0
"""Seconds without a reading after which the page says so, whatever is watched for."""
MOST_ALARMS = 500
_SECOND = 1_000_000
_PORTS = {"error": ("alarm", "alarm", "instrument not reached"), "silent": ("silent", "warn", "instrument silent")}
_SHORT = {"above the limit": "too high", "below the limit": "too low", "changing too fast": "too fast"}
JUST_NOW = 2.0
"""Seconds up to which a reading is so new that counting them tells nothing."""


@dataclass(frozen=True, slots=True)
class View:
    """One channel over a span: what was read from `since` to `until` (UTC seconds), more than is shown."""

    channel: SensorChannel
    since: float
    until: float
    series: ChannelSeries
    alarms: tuple[SensorAlarm, ...]

    @property
    def is_raw(self) -> bool:
        """Whether single readings are shown."""
        return self.series.resolution == "raw"


@dataclass(frozen=True, slots=True)
class News:
    """What came since the last look: channels as they stand, the chosen one's later values and its alarms.

    `later` is None where the present is not in view.
    """

    channels: tuple[SensorChannel, ...]
    later: ChannelSeries | None
    alarms: tuple[SensorAlarm, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a channel is: icon, ink and words."""

    icon: str
    ink: str
    words: str


def read_channels(station: Station) -> tuple[SensorChannel, ...]:
    """Every continuous channel."""
    from workstation.insight.sensors import channels

    with station.read() as reader:
        return tuple(channels(reader, station.home))


def read_view(station: Station, channel: SensorChannel, since: float, until: float) -> View:
    """A channel from `since` to `until` (UTC seconds), with half as much at each side for who moves along."""
    from workstation.insight.series import read_series

    number, more = channel.characteristic.id, (until - since) / 2
    first, last = since - more, until + more
    with station.read() as reader:
        series = read_series(
            reader,
            station.home,
            number,
            max(int(first * _SECOND), 0),
            int(last * _SECOND),
            shown=int((until - since) * _SECOND),
        )
        view = View(channel, first, last, series, _alarms(reader, channel, first, last))
        later = None if view.is_raw else _later(reader, station.home, view)
    return view if later is None else replace(view, series=series.joined(later, first))


def read_news(station: Station, view: View | None) -> News:
    """What came since `view` was read."""
    from workstation.insight.sensors import channels

    with station.read() as reader:
        found = tuple(channels(reader, station.home))
        if view is None:
            return News(found, None, ())
        now = replace(view, channel=_same(found, view.channel))
        alarms = _alarms(reader, view.channel, view.since, view.until)
        return News(found, _later(reader, station.home, now), alarms)


def _later(reader: Reader, home: Path, view: View) -> ChannelSeries | None:
    """What the view's series lacks by now; None where its newest value has left the view."""
    from workstation.insight.series import read_later

    newest = newest_at(view.channel)
    if newest is None or newest > view.until:
        return None
    return read_later(reader, home, view.channel.characteristic.id, view.series, max(int(view.since * _SECOND), 0))


def _alarms(reader: Reader, channel: SensorChannel, since: float, until: float) -> tuple[SensorAlarm, ...]:
    from workstation.insight.sensors import alarms_of_channels

    return tuple(
        alarms_of_channels(
            reader, number=channel.characteristic.id, since=max(int(since * _SECOND), 0), until=int(until * _SECOND),
            limit=MOST_ALARMS,
        )
    )  # fmt: skip


def newest_at(channel: SensorChannel) -> float | None:
    """UTC seconds up to which something was kept of a channel; None where nothing was."""
    ends = []
    if channel.newest is not None:
        ends.append(channel.newest.observed_at / 1e9)
    if channel.minute is not None:
        ends.append(channel.minute.start / _SECOND + MINUTE)
    return max(ends, default=None)


def span_of(channel: SensorChannel, seconds: float, now: float | None) -> tuple[float, float]:
    """Begin and end of the newest `seconds`: not from before the channel's first value, and never too short to see.

    `now` is the present while a line reads the channel, else None: then the end is the channel's newest value.
    """
    last = newest_at(channel)
    end = now if now is not None and channel.rule is not None else last
    if end is None:
        return 0.0, SHORTEST
    begins = [at / _SECOND for at in (channel.raw_since, channel.minutes_since) if at is not None]
    begin = max(end - seconds, min(begins, default=end))
    return min(begin, end - min(seconds, SHORTEST)), end


def stretch_of(view: View, now: float | None) -> Stretch:
    """A view as the chart draws it; an alarm that is on is shaded up to `now`, without a line to the newest value."""
    what, series = view.channel.characteristic, view.series
    end = now or newest_at(view.channel) or view.since
    shades = [Shade(one.began_at / _SECOND, _shaded_until(one, end), _seen(one)) for one in reversed(view.alarms)]
    return Stretch(
        what.name, what.unit, what.decimals, "" if view.is_raw else str(series.resolution), series.at, series.mean,
        series.low, series.high, series.counts, series.bad, series.breaks, limits_of(view.channel), tuple(shades),
        series.running,
    )  # fmt: skip


def _shaded_until(one: SensorAlarm, end: float) -> float:
    if one.known_until is not None:
        return one.known_until / _SECOND
    began = one.began_at / _SECOND
    return max(end, began) if one.is_open else began


def _seen(one: SensorAlarm) -> str:
    return f"{one.watch}: {one.seen}" if one.seen else one.watch


def limits_of(channel: SensorChannel) -> tuple[tuple[str, float], ...]:
    """What is watched for (low, high) and what is specified (LSL, USL), from the lowest."""
    rule, what = channel.rule, channel.characteristic
    watched = (("low", rule.low), ("high", rule.high)) if rule is not None else ()
    levels = (*watched, ("LSL", what.lower_specification), ("USL", what.upper_specification))
    found = [(name, float(level)) for name, level in levels if level is not None]
    return tuple(sorted(found, key=lambda one: one[1]))


def standing(channel: SensorChannel, now: float | None, port: str = "ready") -> Standing:
    """How a channel is at `now` (UTC seconds), None while no line is attached; `port` is the state of its port."""
    if channel.rule is None:
        return Standing("history", "muted", "read no longer")
    if now is None:
        return Standing("waiting", "muted", "line not attached")
    if channel.open_watches:
        return Standing("alarm", "alarm", ", ".join(one.watch for one in channel.open_watches))
    if port not in ("ready", "opening"):
        return Standing(*_PORTS.get(port, ("warn", "warn", f"instrument {port}")))
    newest = channel.newest
    if newest is None:
        return Standing("waiting", "muted", "no reading yet")
    usual = float(channel.rule.sample) * 2
    age = now - newest.observed_at / 1e9
    if age > max(STALE, usual):
        return Standing("silent", "warn", f"no reading for {duration(age)}")
    if newest.value is None or newest.quality == "bad":
        return Standing("warn", "warn", "reading unusable")
    return Standing("good", "good", "nothing wrong")


def value_text(channel: SensorChannel) -> str:
    """The newest value with its unit, a dash where it cannot be used."""
    newest, unit = channel.newest, channel.characteristic.unit
    if newest is None or newest.value is None or newest.quality == "bad":
        return f"– {unit}"
    return f"{newest.value:f} {unit}"


def read_text(channel: SensorChannel, now: float | None) -> str:
    """When the newest reading came: how long ago at `now` (UTC seconds) while a line reads it, else at what time."""
    if channel.newest is None:
        return "–"
    at = channel.newest.observed_at / 1e9
    if now is not None and channel.rule is not None:
        return "just now" if now - at < JUST_NOW else f"{duration(now - at)} ago"
    moment = datetime.fromtimestamp(at).astimezone()
    is_today = moment.date() == datetime.now().astimezone().date()
    return f"{moment:%H:%M:%S}" if is_today else f"{moment:%Y-%m-%d %H:%M}"


def minute_texts(channel: SensorChannel) -> tuple[str, str]:
    """Mean of the last minute, and its minimum to maximum, with units; dashes without."""
    from workstation.units import round_to

    minute, what = channel.minute, channel.characteristic
    if minute is None or minute.mean is None:
        return "–", "–"
    mean = round_to(minute.mean, min(what.decimals + 1, 12))
    return f"{mean} {what.unit}", f"{minute.values.minimum} to {minute.values.maximum} {what.unit}"


def facts_of(channel: SensorChannel, *, brief: bool = False) -> dict[str, str]:
    """What is laid down about a channel, and what is kept of it; `brief` where there is little room."""
    rule, what, minute = channel.rule, channel.characteristic, channel.minute
    mean, extremes = minute_texts(channel)
    unusable = f", {minute.values.bad} unusable" if minute is not None and minute.values.bad else ""
    facts = {
        "Last minute, mean": mean,
        "Its extremes": extremes,
        "Values in it": f"{minute.count}{unusable}" if minute is not None else "",
        "Watched for": _range(rule.low, rule.high, what.unit) if rule is not None else "",
    }
    if brief:
        return facts
    facts |= {
        "Raw since": day_and_time(channel.raw_since),
        "Minutes since": day_and_time(channel.minutes_since)[:10],
    }
    if rule is not None:
        facts["Raw kept for"] = duration(float(rule.keep_raw))
    facts["Gauge, channel"] = channel.place or "read no longer"
    return facts


def _range(low: object | None, high: object | None, unit: str) -> str:
    if low is None and high is None:
        return "no limit"
    if low is None:
        return f"at most {high} {unit}"
    return f"at least {low} {unit}" if high is None else f"{low} to {high} {unit}"


def alarm_texts(one: SensorAlarm, *, runs: bool) -> tuple[str, str, str]:
    """When it began, what it was, how long it lasted; only a line that runs can say that it still does.

    An alarm whose end nobody saw lasted at least as long as is said.
    """
    began = datetime.fromtimestamp(one.began_at / _SECOND).astimezone()
    today = datetime.now().astimezone().date()
    shown = f"{began:%H:%M}" if began.date() == today else f"{began:%m-%d %H:%M}"
    if one.is_open and runs:
        lasted = "still"
    else:
        lasted = lasted_text(one.began_at, one.ended_at, one.seen_until)
    return shown, _SHORT.get(one.watch, one.watch), lasted


def lasted_text(began_at: int, ended_at: int | None, seen_until: int | None) -> str:
    """How long an alarm lasted whose times are UTC microseconds; at least so long where nobody saw its end."""
    if ended_at is not None:
        return duration((ended_at - began_at) / _SECOND)
    return "?" if seen_until is None else f"≥ {duration((seen_until - began_at) / _SECOND)}"


def alarm_sentence(one: SensorAlarm) -> str:
    """What was seen, how it ended, and whether somebody took it."""
    at = datetime.fromtimestamp(one.began_at / _SECOND).astimezone()
    seen = f"{at:%H:%M:%S} {one.watch}{f': {one.seen}' if one.seen else ''}."
    if one.ended_at is not None:
        seen += f" Over at {_clock(one.ended_at, one)}: {one.ended}."
    elif one.seen_until is not None:
        seen += f" On at least until {_clock(one.seen_until, one)}: {one.ended}."
    elif one.ended:
        seen += f" Its end is not known: {one.ended}."
    taken = f"Acknowledged by {one.acknowledged_by}." if one.acknowledged_by else "Not acknowledged yet."
    return f"{seen} {taken}"


def _clock(microseconds: int, alarm: SensorAlarm) -> str:
    """Local time, with the day where it is not the one on which the alarm began."""
    at, began = (datetime.fromtimestamp(one / _SECOND).astimezone() for one in (microseconds, alarm.began_at))
    return f"{at:%H:%M:%S}" if at.date() == began.date() else f"{at:%Y-%m-%d %H:%M:%S}"


def day_and_time(microseconds: int | None) -> str:
    """Local day and minute, empty for never."""
    if microseconds is None:
        return ""
    return f"{datetime.fromtimestamp(microseconds / _SECOND).astimezone():%Y-%m-%d %H:%M}"


def duration(seconds: float) -> str:
    """How long, in the largest unit that leaves two figures."""
    for unit, each in (("days", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= 2 * each:
            return f"{seconds / each:.0f} {unit}"
    return f"{seconds:.0f} s"


def joined(view: View, news: News, now: float | None) -> View:
    """The view with what came since; with `now` it moves on with time and lets go of what has left it long ago."""
    width = view.until - view.since
    until = view.until if now is None else max(view.until, now + width / 4)
    since = max(view.since, until - width)
    series = view.series
    if news.later is not None and (len(news.later) or since > view.since):
        series = series.joined(news.later, since)
    return View(_same(news.channels, view.channel), since, until, series, news.alarms)


def _same(channels: Sequence[SensorChannel], wanted: SensorChannel) -> SensorChannel:
    return next((one for one in channels if one.characteristic.id == wanted.characteristic.id), wanted)
