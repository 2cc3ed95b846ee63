"""The conversation with one instrument: what answers, what is too late, what nobody asked for."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import Profile, load_profile
from devices.decode import Decoded
from devices.errors import ProtocolError
from devices.reading import Discarded, Quality, Reading, Signal, Trigger
from devices.session import Session
from resources import ROOT

MS = 1_000_000
T0 = 5_000 * MS
MUX = load_profile(ROOT / "profiles" / "mux-mw.toml")

ProfileOf = Callable[[str], Profile]


def opened(profile: Profile, settle: int = 0) -> Session:
    session = Session(profile, "gauge")
    session.opened(0, 10_000 * MS, settle)
    return session


def ask(session: Session, channel: str, now: int, trigger: Trigger = Trigger.REQUEST) -> bytes:
    session.ask(channel, trigger)
    transmit = session.next(now)
    assert transmit is not None
    session.sent(transmit.note, now)
    return transmit.data


def test_an_answer_carries_channel_trigger_and_times(profile_of: ProfileOf) -> None:
    session = opened(profile_of("mitutoyo.surftest-sj-210"))
    assert ask(session, "00,02", T0) == b"RDRES02,00,02\r"
    assert session.received(b"OKRa   ", T0 + 50 * MS, T0 + 10_050 * MS) == []
    (reading,) = session.received(b"   3.123\xb5m \r", T0 + 60 * MS, T0 + 10_060 * MS)
    assert isinstance(reading, Reading)
    assert (reading.channel, reading.trigger, reading.value) == ("00,02", Trigger.REQUEST, Decimal("3.123"))
    assert (reading.monotonic, reading.received) == (T0 + 50 * MS, T0 + 60 * MS)
    assert reading.observed_at == T0 + 10_050 * MS
    assert reading.raw == b"OKRa      3.123\xb5m \r"


def test_a_late_answer_is_never_booked(profile_of: ProfileOf) -> None:
    profile = profile_of("mitutoyo.surftest-sj-210")
    assert profile.request is not None
    session = opened(profile)
    ask(session, "00,00", T0)
    late = T0 + profile.request.timeout_ms * MS + 100 * MS
    nothing, discarded = session.received(b"OKRa      3.123\xb5m \r", late, late)
    assert isinstance(nothing, Reading)
    assert nothing.quality is Quality.BAD
    assert "no answer within 2 s" in nothing.reason
    assert isinstance(discarded, Discarded)
    assert "after the time-out" in discarded.reason


def test_nothing_is_asked_while_late_answers_may_come(profile_of: ProfileOf) -> None:
    profile = profile_of("mitutoyo.surftest-sj-210")
    assert profile.request is not None
    session = opened(profile)
    ask(session, "00,00", T0)
    end = T0 + (profile.request.timeout_ms + profile.request.late_window_ms) * MS
    session.tick(T0 + profile.request.timeout_ms * MS)
    session.ask("00,01", Trigger.REQUEST)
    assert session.next(end - 1) is None
    assert session.deadline() == end
    assert session.next(end) is not None


def test_a_frame_that_begins_in_the_quarantine_is_discarded_whole(profile_of: ProfileOf) -> None:
    profile = profile_of("mark-10.series-5")
    assert profile.request is not None
    session = opened(profile)
    ask(session, "1", T0)
    end = T0 + (profile.request.timeout_ms + profile.request.late_window_ms) * MS
    session.received(b"-18", end - 1, end)
    (discarded,) = session.received(b".78 lbF\r\n", end + 5, end)
    assert isinstance(discarded, Discarded)
    (reading,) = session.received(b"4.285 N\r\n", end + 6, end)
    assert isinstance(reading, Reading)
    assert reading.value == Decimal("4.285")


def test_a_record_under_way_at_opening_is_no_value(profile_of: ProfileOf) -> None:
    session = opened(profile_of("mark-10.series-5"), settle=30 * MS)
    (tail, whole) = session.received(b"8.78 lbF\r\n1.00 lbF\r\n", 10 * MS, 10 * MS)
    assert isinstance(tail, Discarded)
    assert "under way" in tail.reason
    assert isinstance(whole, Reading)
    assert whole.value == Decimal("1.00")


def test_a_button_during_a_request_is_a_second_reading(profile_of: ProfileOf) -> None:
    session = opened(profile_of("mark-10.series-5"))
    ask(session, "1", T0)
    first, second = session.received(b"1.00 N\r\n1.00 N\r\n", T0 + MS, T0)
    assert isinstance(first, Reading)
    assert isinstance(second, Reading)
    assert (first.trigger, second.trigger) == (Trigger.REQUEST, Trigger.BUTTON)


def test_another_channels_record_does_not_answer(profile_of: ProfileOf) -> None:
    session = opened(profile_of("mux.mw"))
    ask(session, "1", T0)
    (other,) = session.received(b"2 MW+003.4665 inch\r\n", T0 + MS, T0)
    assert isinstance(other, Reading)
    assert (other.channel, other.trigger) == ("2", Trigger.FOOT_SWITCH)
    assert session.busy
    (answer,) = session.received(b"1 MW+001.0000 inch\r\n", T0 + 2 * MS, T0)
    assert isinstance(answer, Reading)
    assert (answer.channel, answer.trigger) == ("1", Trigger.REQUEST)
    assert not session.busy


def test_what_nobody_asked_for_is_discarded_where_the_instrument_never_sends_by_itself(profile_of: ProfileOf) -> None:
    session = opened(profile_of("keyence.dl-rs1a"))
    session_quiet = opened(profile_of("mitutoyo.surftest-sj-410"))
    (reading,) = session.received(b"M0,+000.123\r\n", T0, T0)
    assert isinstance(reading, Reading)
    (discarded,) = session_quiet.received(b"OK   0.412\r", T0, T0)
    assert isinstance(discarded, Discarded)
    assert discarded.reason == "nobody asked for it"


def test_an_error_record_ends_the_request(profile_of: ProfileOf) -> None:
    session = opened(profile_of("mettler.mt-sics"))
    ask(session, "1", T0)
    (error,) = session.received(b"S I\r\n", T0 + MS, T0)
    assert isinstance(error, Reading)
    assert error.value is None
    assert error.trigger is Trigger.REQUEST
    assert not session.busy


def test_a_persons_request_goes_before_polls(profile_of: ProfileOf) -> None:
    session = opened(profile_of("mux.mw"))
    session.ask("1", Trigger.POLL)
    session.ask("2", Trigger.POLL)
    session.ask("3", Trigger.REQUEST)
    session.ask("4", Trigger.REQUEST)
    asked = []
    now = T0
    for _ in range(4):
        transmit = session.next(now)
        assert transmit is not None
        session.sent(transmit.note, now)
        channel = transmit.data.decode()
        asked.append(channel)
        session.received(f"{channel} MW+001.0000 inch\r\n".encode(), now + MS, now)
        now += 100 * MS
    assert asked == ["3", "4", "1", "2"]


def test_requests_are_refused_with_a_sentence(profile_of: ProfileOf) -> None:
    session = opened(profile_of("wagner.force-ten"))
    with pytest.raises(ProtocolError, match="cannot be asked"):
        session.ask("1", Trigger.REQUEST)
    mux = opened(profile_of("mux.mw"))
    with pytest.raises(ProtocolError, match="no channel '9'"):
        mux.ask("9", Trigger.REQUEST)
    for _ in range(64):
        mux.ask("1", Trigger.REQUEST)
    with pytest.raises(ProtocolError, match="64 requests are waiting"):
        mux.ask("1", Trigger.REQUEST)


def test_a_lost_port_answers_every_request_with_an_error(profile_of: ProfileOf) -> None:
    session = opened(profile_of("mux.mw"))
    ask(session, "1", T0)
    session.ask("2", Trigger.REQUEST)
    session.ask("3", Trigger.POLL)
    session.received(b"1 MW+0", T0 + MS, T0)
    unfinished, first, second = session.lost(T0 + 2 * MS)
    assert isinstance(unfinished, Discarded)
    assert isinstance(first, Reading)
    assert isinstance(second, Reading)
    assert (first.channel, second.channel) == ("1", "2")
    assert first.value is None
    assert not session.busy
    assert session.next(T0 + 3 * MS) is None


def test_a_foot_switch_is_a_signal(profile_of: ProfileOf) -> None:
    (signal,) = opened(profile_of("mitutoyo.mig-usb")).received(b"0001,FOOTSWITCH, ,01\r\n", T0, T0)
    assert isinstance(signal, Signal)
    assert signal.trigger is Trigger.FOOT_SWITCH


def test_ten_thousand_requests_with_late_answers_are_never_attributed_wrongly(profile_of: ProfileOf) -> None:
    """The answer has no header: only the conversation knows whose it is. One in twenty comes after its time-out."""
    profile = profile_of("mitutoyo.surftest-sj-210")
    assert profile.request is not None
    timeout, window = profile.request.timeout_ms * MS, profile.request.late_window_ms * MS
    source = random.Random(4)
    session = opened(profile)
    now, right, late, silent, discarded = T0, 0, 0, 0, 0
    for number in range(10_000):
        channel = profile.request.channels[number % 6]
        ask(session, channel, now)
        reply = f"OKRa    {number % 6}.{number % 1000:03d}  \xb5m \r".encode("latin-1")
        is_late = source.random() < 0.05
        delay = timeout + source.randrange(1, window) if is_late else source.randrange(1, timeout)
        late += is_late
        for one in session.received(reply, now + delay, now + delay):
            if isinstance(one, Discarded):
                discarded += 1
            elif isinstance(one, Reading) and one.value is None:
                silent += 1
            elif isinstance(one, Reading):
                assert one.channel == f"00,0{int(one.value or 0)}"
                assert one.trigger is Trigger.REQUEST
                right += 1
        now += delay + timeout + window
    assert late > 400
    assert (right, silent, discarded) == (10_000 - late, late, late)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from("1234")),
        st.tuples(st.just("wait"), st.integers(1, 5_000)),
        st.tuples(st.just("answer"), st.sampled_from("1234")),
        st.tuples(st.just("error"), st.sampled_from("1234")),
        st.tuples(st.just("bytes"), st.binary(max_size=20)),
        st.tuples(st.just("half"), st.sampled_from("1234")),
        st.tuples(st.just("replug"), st.just("")),
    ),
    max_size=60,
)


@given(steps=STEPS)
@settings(max_examples=200)
def test_every_request_ends_exactly_once_whatever_happens(steps: list[tuple[str, object]]) -> None:
    """An answer, an error, a time-out or the loss of the port: one reading for each request, none without one."""
    session = opened(MUX)
    now, asked, ended = T0, 0, 0

    def take(results: list[Decoded]) -> None:
        nonlocal ended
        for one in results:
            if isinstance(one, Reading) and one.trigger is Trigger.REQUEST:
                ended += 1
                assert (one.value is None) == (one.quality is Quality.BAD)

    for what, value in [*steps, ("wait", 60_000)]:
        if what == "ask":
            session.ask(str(value), Trigger.REQUEST)
            asked += 1
        elif what == "wait":
            assert isinstance(value, int)
            for _ in range(value // 500 + 1):  # as a link does: look again whenever something is due
                now += 500 * MS
                take(session.tick(now))
                transmit = session.next(now)
                if transmit is not None:
                    session.sent(transmit.note, now)
        elif what == "replug":
            take(session.lost(now))
            session.opened(now, now, 30 * MS)
        else:
            wire = {
                "answer": f"{value} MW+001.0000 inch\r\n".encode(),
                "error": f"{value} TO 999999.99 mm\r\n".encode(),
                "half": f"{value} MW+001".encode(),
            }.get(what, value if isinstance(value, bytes) else b"")
            now += MS
            take(session.received(wire, now, now))
    take(session.lost(now))
    assert ended == asked
    assert not session.busy
