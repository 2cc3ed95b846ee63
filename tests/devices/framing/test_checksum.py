"""Checksums against published values, and attached where a profile says."""

from __future__ import annotations

import pytest

from devices.framing.checksum import Check, crc_16_ccitt, crc_16_modbus, lrc, sum_8, sum_16, xor
from devices.profile.model import Checksum

CHECK = b"123456789"


def test_known_values() -> None:
    assert crc_16_modbus(CHECK) == 0x4B37  # catalogue of parametrised CRC algorithms: CRC-16/MODBUS
    assert crc_16_ccitt(CHECK) == 0x29B1  # the same: CRC-16/CCITT-FALSE
    assert crc_16_modbus(bytes.fromhex("010400010002")) == 0x0B20  # SHT20 frame 01 04 00 01 00 02 20 0B
    assert xor(b"\x01\x02\x04") == 7
    assert sum_8(b"\xff\x02") == 1
    assert sum_16(b"\xff" * 300) == 300 * 255 & 0xFFFF
    assert lrc(bytes.fromhex("010300000001")) == 0xFB  # Modbus ASCII :010300000001FB


@pytest.mark.parametrize("kind", ["xor", "sum8", "sum16", "lrc", "crc16-modbus", "crc16-ccitt"])
@pytest.mark.parametrize("form", ["binary", "binary-swapped", "hex", "hex-lower"])
@pytest.mark.parametrize("start", [0, 1])
def test_what_is_attached_is_verified_and_any_change_is_seen(kind: str, form: str, start: int) -> None:
    check = Check(Checksum(kind, form, start))
    whole = check.attach(CHECK)
    assert len(whole) == len(CHECK) + check.size
    assert check.verify(whole) == CHECK
    for place in range(start, len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        assert check.verify(damaged) is None
    assert check.verify(whole[-check.size :][:1]) is None


def test_the_modbus_crc_stands_low_byte_first() -> None:
    check = Check(Checksum("crc16-modbus", "binary-swapped", 0))
    assert check.attach(bytes.fromhex("010400010002")) == bytes.fromhex("010400010002200B")
