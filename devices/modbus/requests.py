"""The one place that speaks to pymodbus on the wire's behalf: request bytes, checksums and the names of exceptions."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerAscii, FramerRTU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest, WriteSingleCoilRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from devices.modbus.registers import Span, Table

EXCEPTION_BIT = 0x80
GATEWAY_PATH = int(ExcCodes.GATEWAY_PATH_UNAVIABLE)
GATEWAY_TARGET = int(ExcCodes.GATEWAY_NO_RESPONSE)
ILLEGAL_ADDRESS = int(ExcCodes.ILLEGAL_ADDRESS)
WORTH_RETRYING = frozenset({int(ExcCodes.ACKNOWLEDGE), int(ExcCodes.DEVICE_BUSY)})
UNIT_IS_AWAY = frozenset({GATEWAY_PATH, GATEWAY_TARGET})

_READS = {
    Table.COIL: ReadCoilsRequest,
    Table.DISCRETE: ReadDiscreteInputsRequest,
    Table.HOLDING: ReadHoldingRegistersRequest,
    Table.INPUT: ReadInputRegistersRequest,
}
_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledged, still working",
    6: "device busy",
    7: "negative acknowledge",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "no answer from the instrument behind the gateway",
}


def exception_name(code: int) -> str:
    """An exception code in words (Modbus Application Protocol V1.1b3, section 7)."""
    return f"exception {code}, {_EXCEPTIONS.get(code, 'unknown')}"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `pdu` as sent, and what alone counts as its reply.

    `reply_length` is the length of the good reply's PDU; `head` its first bytes, which must be equal: function and
    byte count for a read, the whole echo for a write.
    """

    unit: int
    span: Span
    pdu: bytes
    head: bytes
    reply_length: int

    @property
    def function(self) -> int:
        return self.pdu[0]

    def accepts(self, pdu: bytes) -> bool:
        """Whether `pdu` is this request's good reply or an exception to it."""
        if len(pdu) == self.reply_length:
            return pdu.startswith(self.head)
        return len(pdu) == 2 and pdu[0] == self.pdu[0] | EXCEPTION_BIT


def is_exception(pdu: bytes) -> bool:
    return bool(pdu[0] & EXCEPTION_BIT)


@lru_cache(maxsize=4096)
def read_request(unit: int, span: Span) -> Request:
    """The request that reads `span` from `unit`."""
    message = _READS[span.table](address=span.start, count=span.length, dev_id=unit)
    pdu = bytes([message.function_code]) + message.encode()
    size = (span.length + 7) // 8 if span.table.is_bits else span.length * 2
    return Request(unit, span, pdu, bytes([message.function_code, size]), 2 + size)


def write_request(unit: int, span: Span, data: bytes) -> Request:
    """The request that writes big-endian register bytes (or one coil: b"\\x00" or b"\\x01") to `span`."""
    if span.table is Table.COIL:
        coil = WriteSingleCoilRequest(address=span.start, bits=[data != b"\x00"], dev_id=unit)
        pdu = bytes([coil.function_code]) + coil.encode()
        return Request(unit, span, pdu, pdu, len(pdu))
    words = list(struct.unpack(f">{span.length}H", data))
    if span.length == 1:
        single = WriteSingleRegisterRequest(address=span.start, registers=words, dev_id=unit)
        pdu = bytes([single.function_code]) + single.encode()
        return Request(unit, span, pdu, pdu, len(pdu))
    several = WriteMultipleRegistersRequest(address=span.start, registers=words, dev_id=unit)
    pdu = bytes([several.function_code]) + several.encode()
    return Request(unit, span, pdu, pdu[:5], 5)


def crc(data: bytes) -> bytes:
    """CRC-16/Modbus as it stands on the wire."""
    return int(FramerRTU.compute_CRC(data)).to_bytes(2, "big")


def lrc(data: bytes) -> int:
    """Longitudinal redundancy check of Modbus ASCII."""
    return int(FramerAscii.compute_LRC(data))
