"""Requests are what pymodbus draws, and only their own replies are accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerAscii, FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsResponse
from pymodbus.pdu.exceptionresponse import ExceptionResponse
from pymodbus.pdu.register_message import ReadHoldingRegistersResponse

from devices.modbus.exchange import Lost, Replied, Stray
from devices.modbus.frames import AsciiFraming, RtuFraming
from devices.modbus.registers import Span, Table, Timing
from devices.modbus.requests import exception_name, is_exception, read_request, write_request
from devices.modbus.serial import SerialExchange
from devices.modbus.tcp import TcpExchange

WORDS = st.lists(st.integers(0, 65535), min_size=1, max_size=125)
TIMING = Timing(100, 300, 0)


def pdu_of(message: ModbusPDU) -> bytes:
    return bytes([message.function_code]) + message.encode()


@given(WORDS, st.integers(0, 65535 - 125), st.integers(1, 247))
def test_a_reply_of_pymodbus_is_read_in_every_framing(words: list[int], at: int, unit: int) -> None:
    pdu = pdu_of(ReadHoldingRegistersResponse(registers=words, dev_id=unit))
    request = read_request(unit, Span(Table.HOLDING, at, len(words)))
    data = b"".join(word.to_bytes(2, "big") for word in words)
    for framer, framing in ((FramerRTU, RtuFraming()), (FramerAscii, AsciiFraming())):
        frame = framer(DecodePDU(False)).encode(pdu, unit, 0)
        assert framing.draw(unit, pdu) == frame
        found = framing.hunt(request).find(bytearray(b"\x00\xff" + frame))
        assert found is not None and found.pdu[2:] == data
    exchange = TcpExchange()
    sent = exchange.send(request, TIMING, 0, 7)
    (replied,) = exchange.receive(sent[:4] + (len(pdu) + 1).to_bytes(2, "big") + bytes([unit]) + pdu, 5)
    assert isinstance(replied, Replied) and replied.pdu[2:] == data and replied.tag == 7


@given(st.lists(st.booleans(), min_size=1, max_size=2000))
def test_bits_of_pymodbus_are_accepted(bits: list[bool]) -> None:
    pdu = pdu_of(ReadCoilsResponse(bits=bits))
    assert read_request(1, Span(Table.COIL, 0, len(bits))).accepts(pdu)


def test_what_is_asked() -> None:
    assert read_request(1, Span(Table.COIL, 19, 19)).pdu.hex() == "0100130013"
    assert read_request(1, Span(Table.DISCRETE, 196, 22)).pdu.hex() == "0200c40016"
    assert read_request(1, Span(Table.HOLDING, 107, 3)).pdu.hex() == "03006b0003"
    assert read_request(1, Span(Table.INPUT, 8, 1)).pdu.hex() == "0400080001"
    assert write_request(1, Span(Table.COIL, 172, 1), b"\x01").pdu.hex() == "0500acff00"
    assert write_request(1, Span(Table.HOLDING, 1, 1), b"\x00\x03").pdu.hex() == "0600010003"
    assert write_request(1, Span(Table.HOLDING, 1, 2), b"\x00\x0a\x01\x02").pdu.hex() == "100001000204000a0102"


def test_only_its_own_echo_confirms_a_write() -> None:
    one = write_request(1, Span(Table.HOLDING, 1, 1), b"\x00\x03")
    assert one.accepts(one.pdu)
    assert not one.accepts(bytes.fromhex("0600010004"))
    several = write_request(1, Span(Table.HOLDING, 1, 2), b"\x00\x0a\x01\x02")
    assert several.accepts(bytes.fromhex("1000010002"))
    assert not several.accepts(bytes.fromhex("1000010001"))


@pytest.mark.parametrize("other", ["0403020007", "0303020007", "03020007", "030400070007", "0302", "8302"])
def test_other_replies_are_not_its_own(other: str) -> None:
    request = read_request(1, Span(Table.HOLDING, 1, 1))
    pdu = bytes.fromhex(other)
    assert request.accepts(pdu) == (other in ("8302", "03020007"))


def test_exceptions_have_names() -> None:
    pdu = pdu_of(ExceptionResponse(3, 11))
    assert is_exception(pdu) and "behind the gateway" in exception_name(pdu[1])
    assert exception_name(99) == "exception 99, unknown"


def test_an_echo_of_the_cable_is_not_taken_for_a_write_that_was_confirmed() -> None:
    exchange = SerialExchange(RtuFraming(), echo=True)
    request = write_request(1, Span(Table.HOLDING, 1, 1), b"\x00\x03")
    frame = exchange.send(request, Timing(100, 300, 0), 0, 1)
    assert exchange.receive(frame[:3], 1) == []
    assert exchange.receive(frame[3:], 2) == []
    (replied,) = exchange.receive(frame, 3)
    assert isinstance(replied, Replied)


def test_a_reply_from_another_unit_or_function_is_stray_on_tcp() -> None:
    exchange = TcpExchange()
    request = read_request(5, Span(Table.HOLDING, 1, 1))
    head = exchange.send(request, TIMING, 0, 1)[:2]
    for wrong in ("0000000506" + "03020007", "0000000505" + "04020007", "0000000705" + "030400070008"):
        (stray,) = exchange.receive(head + bytes.fromhex(wrong), 1)
        assert isinstance(stray, Stray)
    (lost,) = exchange.expire(100)
    assert isinstance(lost, Lost) and lost.at == 100


def test_a_tcp_reply_in_pieces_and_two_at_once() -> None:
    exchange = TcpExchange(pipeline=2)
    frames = []
    for tag in (1, 2):
        sent = exchange.send(read_request(1, Span(Table.HOLDING, tag, 1)), TIMING, 0, tag)
        frames.append(sent[:4] + b"\x00\x05\x01\x03\x02\x00" + bytes([tag]))
    whole = frames[1] + frames[0]
    assert exchange.receive(whole[:5], 10) == []
    assert [outcome.tag for outcome in exchange.receive(whole[5:], 20) if isinstance(outcome, Replied)] == [2, 1]
