"""Frames to readings: the first record that matches a whole frame counts; what matches none is never a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext

from devices.framing.frame import Frame
from devices.profile.model import Profile, Record, RecordKind
from devices.profile.patterns import ANY, mask
from devices.reading import Discarded, Quality, Reading, Scan, Signal, Trigger

Decoded = Reading | Discarded | Scan | Signal

DEFAULT_CHANNEL = "1"
UNKNOWN = "not a record of this instrument"
KNOWN = "no reading: "
"""How the reason of a discarded record begins that the profile knows and passes over."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})")
_GOOD = (Quality.GOOD, "")
_PLAIN = mask("0123456789+-.")


class Decoder:
    """Turns frames of one instrument into readings, errors, scans, signals, or discarded bytes. Holds no state."""

    def __init__(self, profile: Profile, source: str) -> None:
        self._source = source
        frames = [_Rule(record, source) for record in profile.records if not record.item]
        self._items = [_Rule(record, source) for record in profile.records if record.item]
        self._by_first = tuple(
            tuple(rule for rule in frames if rule.record.pattern.may_begin(byte)) for byte in range(256)
        )

    def decode(self, frame: Frame, shift: int, trigger: Trigger, asked: str = "") -> Sequence[Decoded]:
        """What a frame says. `shift` (ns) turns monotonic into UTC; `asked` is the channel whose answer is awaited."""
        data = frame.data
        if not data:
            return (self._discard(frame, shift, frame.fault or "an empty record"),)
        text = data.decode("latin-1")
        for rule in self._by_first[data[0]]:
            match = rule.fullmatch(text)
            if match is not None:
                if rule.is_list:
                    return self._list(rule.record, match, frame, shift, trigger)
                return (rule.apply(match, frame, shift, trigger, asked),)
        return (self._discard(frame, shift, UNKNOWN),)

    def decode_unasked(self, frames: Sequence[Frame], shift: int, trigger: Trigger) -> tuple[list[Decoded], int]:
        """What frames say that nobody asked for, and how many of them are good plain readings: the way of streams.

        The same as `decode` one by one, with what is decided once kept out of the loop.
        """
        results: list[Decoded] = []
        append, by_first, source, good = results.append, self._by_first, self._source, Quality.GOOD
        plain = 0
        for frame in frames:
            data, raw, first, last, _ = frame
            if data:
                text = data.decode("latin-1")
                for rule in by_first[data[0]]:
                    match = rule.fullmatch(text)
                    if match is not None:
                        break
                else:
                    append(self._discard(frame, shift, UNKNOWN))
                    continue
                if rule.quick:
                    try:
                        value = Decimal(match[rule.value_at])
                    except InvalidOperation:
                        append(rule.apply(match, frame, shift, trigger, ""))
                        continue
                    channel = (match[rule.channel_at] or rule.channel) if rule.channel_at else rule.channel
                    append(
                        Reading(source, channel, value, rule.unit, first + shift, first, last, trigger, good, "", raw)
                    )
                    plain += 1
                    continue
            results.extend(self.decode(frame, shift, trigger))
        return results, plain

    def _discard(self, frame: Frame, shift: int, reason: str) -> Discarded:
        return Discarded(self._source, frame.first + shift, reason, frame.raw)

    def _list(
        self, record: Record, match: re.Match[str], frame: Frame, shift: int, trigger: Trigger
    ) -> Sequence[Decoded]:
        """Every item of a list, or none: one item that cannot be understood spoils the whole line."""
        results: list[Decoded] = []
        for index, text in enumerate(match["items"].split(record.separator)):
            number = index // record.items_per_channel
            place = str(number + record.first_channel) if record.first_channel is not None else ""
            for rule in self._items:
                item = rule.fullmatch(text)
                if item is not None:
                    results.append(rule.apply(item, frame, shift, trigger, place))
                    break
            else:
                return (self._discard(frame, shift, f"item {index + 1} of the record is not understood"),)
        return results


class _Rule:
    """One record, prepared: what can be decided once is decided here and not with every frame."""

    def __init__(self, record: Record, source: str) -> None:
        self.record = record
        self.fullmatch: Callable[[str], re.Match[str] | None] = record.pattern.compiled.fullmatch
        self.is_list = record.kind is RecordKind.LIST
        self._source = source
        groups = record.pattern.groups
        self._has_channel = "channel" in groups
        self._simple = (
            record.kind is RecordKind.READING
            and not groups & {"lead", "sign", "decimals", "unit", "status"}
            and not record.sentinels
            and record.decimal_mark == "."
            and not record.blanks
            and record.decimals is None
            and record.scale is None
            and record.offset is None
            and record.places is None
            and record.wraps_at is None
        )
        self._is_reading = record.kind is RecordKind.READING
        self.unit = record.unit
        self.channel = record.channel or DEFAULT_CHANNEL
        indexes = record.pattern.compiled.groupindex
        self.value_at = indexes.get("value", 0)
        self.channel_at = indexes.get("channel", 0)
        # of such characters Decimal makes a plain number or refuses: no exponent, no NaN, no underscore
        only_numbers = not record.pattern.masks.get("value", ANY) & ~_PLAIN
        self.quick = self._simple and only_numbers and not record.channels and record.trigger is None

    def apply(self, match: re.Match[str], frame: Frame, shift: int, trigger: Trigger, asked: str) -> Decoded:
        record = self.record
        if self._has_channel:
            sent = match["channel"] or ""
            channel = record.channels.get(sent, sent) if record.channels else sent
        else:
            channel = record.channel or asked
        if record.trigger is not None:
            trigger = record.trigger
        channel = channel or DEFAULT_CHANNEL
        if self._is_reading:
            return self._reading(match, frame, shift, trigger, channel)
        return self._other(match, frame, shift, trigger, channel)

    def _reading(self, match: re.Match[str], frame: Frame, shift: int, trigger: Trigger, channel: str) -> Decoded:
        record = self.record
        first = frame.first
        if self._simple:
            text = match["value"]
            if _NUMBER.fullmatch(text) is None:
                text = text.strip()
                if _NUMBER.fullmatch(text) is None:
                    return self._bad(frame, shift, trigger, channel, f"'{text}' stands where the value should be")
            value: Decimal | None = Decimal(text)
            unit, quality, reason = record.unit, Quality.GOOD, ""
        else:
            value, unit, quality, reason = _Fields(record, match).read()
        return Reading(
            self._source,
            channel,
            value,
            unit,
            first + shift,
            first,
            frame.last,
            trigger,
            quality,
            reason,
            frame.raw,
        )

    def _bad(self, frame: Frame, shift: int, trigger: Trigger, channel: str, reason: str) -> Reading:
        first = frame.first
        return Reading(
            self._source,
            channel,
            None,
            self.record.unit,
            first + shift,
            first,
            frame.last,
            trigger,
            Quality.BAD,
            reason,
            frame.raw,
        )

    def _why(self, match: re.Match[str]) -> str:
        record = self.record
        code = match["code"] if "code" in record.pattern.groups and match["code"] is not None else ""
        if code in record.reasons:
            return record.reasons[code]
        return record.reason.replace("{code}", code) if record.reason else f"the instrument reports {match[0]!r}"

    def _other(self, match: re.Match[str], frame: Frame, shift: int, trigger: Trigger, channel: str) -> Decoded:
        source, first, record = self._source, frame.first, self.record
        if record.kind is RecordKind.ERROR:
            return self._bad(frame, shift, trigger, channel, self._why(match))
        if record.kind is RecordKind.EVENT:
            what = self._why(match)
            return Signal(source, channel, what, record.trigger, first + shift, first, frame.last, frame.raw)
        if record.kind is RecordKind.SCAN:
            symbology = match["code"] or "" if "code" in record.pattern.groups else ""
            return Scan(source, channel, match["text"], symbology, first + shift, first, frame.last, frame.raw)
        return Discarded(source, first + shift, f"{KNOWN}{self._why(match)}", frame.raw)


class _Fields:
    """The value, unit and quality of one match of a reading record."""

    __slots__ = ("_groups", "_match", "_record")

    def __init__(self, record: Record, match: re.Match[str]) -> None:
        self._record = record
        self._match = match
        self._groups = record.pattern.groups

    def read(self) -> tuple[Decimal | None, str | None, Quality, str]:
        """Value, unit, quality and reason; the value is None exactly when the quality is bad."""
        sent = self._match["value"] or ""
        if sent.strip() in self._record.sentinels:
            return None, self._record.unit, Quality.BAD, self._record.sentinels[sent.strip()]
        quality, reason = self._status()
        if quality is Quality.BAD:
            return None, self._record.unit, quality, reason
        unit, trouble = self._unit()
        if trouble:
            return None, None, Quality.BAD, trouble
        value, trouble = self._number(sent)
        if value is None:
            return None, unit, Quality.BAD, trouble
        return value, unit, quality, reason

    def _group(self, name: str) -> str | None:
        return self._match[name] if name in self._groups else None

    def _status(self) -> tuple[Quality, str]:
        record = self._record
        if "status" not in self._groups:
            return _GOOD
        sent = self._match["status"] or ""
        mapped = record.statuses.get(sent)
        if mapped is None:
            return Quality.BAD, f"the instrument reports an unknown status '{sent}'"
        if mapped == "good":
            return _GOOD
        quality, _, why = mapped.partition(":")
        return Quality(quality), why.strip()

    def _unit(self) -> tuple[str | None, str]:
        record = self._record
        if "unit" not in self._groups:
            return record.unit, ""
        sent = (self._match["unit"] or "").strip()
        unit = record.units.get(sent)
        if unit is None:
            return None, f"the instrument sent an unknown unit '{sent}'"
        return (None if unit == "station" else unit), ""

    def _number(self, sent: str) -> tuple[Decimal | None, str]:
        record = self._record
        text = sent.replace(" ", "") if record.blanks else sent.strip()
        if record.decimal_mark != ".":
            text = text.replace(record.decimal_mark, ".") if "." not in text else ""
        text = (self._group("lead") or "") + text
        sign = self._group("sign")
        if sign is not None:
            mapped = record.signs.get(sign) if record.signs else {"-": "-", "+": "+", " ": "+", "": "+"}.get(sign)
            if mapped is None:
                return None, f"the instrument sent an unknown sign '{sign}'"
            text = mapped + text
        if _NUMBER.fullmatch(text) is None:
            return None, f"'{sent.strip()}' stands where the value should be"
        value = self._scaled(Decimal(text), "." in text)
        if record.wraps_at is not None and abs(value) >= record.wraps_at:
            return None, f"{value} is beyond what this record can carry ({record.wraps_at}): digits may be lost"
        return value, ""

    def _scaled(self, value: Decimal, has_point: bool) -> Decimal:
        record = self._record
        places = record.decimals
        sent_places = self._group("decimals")
        if sent_places is not None and sent_places.isdigit():
            places = int(sent_places)
        with localcontext() as context:
            context.prec = 80
            if places is not None and not has_point:
                value = value.scaleb(-places)
            if record.scale is not None:
                value = value * record.scale
            if record.offset is not None:
                value = value + record.offset
            if record.places is not None:
                value = value.quantize(Decimal(1).scaleb(-record.places), ROUND_HALF_EVEN)
        return value


def as_discarded(one: Scan | Signal) -> Discarded:
    """A scan or signal for an owner who takes none."""
    what = one.what if isinstance(one, Signal) else f"a scanned text: {one.text}"
    return Discarded(one.source, one.observed_at, what, one.raw)
