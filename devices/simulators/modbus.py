"""Play a register instrument: its own profile's points, with seeded noise and drift, served by pymodbus."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import ROUND_HALF_EVEN, Decimal

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from devices.errors import DeviceError, PortError, ProfileError
from devices.modbus.address import Framing, parse_address
from devices.modbus.registers import Kind, Order, Point, RegisterMap, Span, Table
from devices.modbus.values import arrange, encode, exponent_of
from devices.profile.load import load_profile
from devices.profile.model import Profile
from devices.simulators.bus import FAULTS, RegisterBus
from devices.simulators.faults import ALWAYS, Fault
from devices.simulators.gauge import Piece
from devices.simulators.serve import Endpoint, build_endpoint
from devices.transports.address import parse_port

_BLOCKS = (Table.COIL, Table.DISCRETE, Table.HOLDING, Table.INPUT)
_ONE = Decimal(1)


class Played:
    """What the instrument would hold at a moment: `refresh` computes it; what a host wrote stays as it was written.

    The same seed and the same moments give the same values.
    """

    def __init__(self, register_map: RegisterMap, seed: int) -> None:
        self._map = register_map
        self._random = random.Random(seed)
        self.items: dict[tuple[Table, int], int] = {}
        self._written: dict[tuple[Table, int], int] = {}
        self.refresh(0.0)

    def take(self, table: Table, start: int, items: Sequence[int]) -> None:
        """A host wrote these, from `start` on."""
        self._written |= {(table, start + place): int(item) for place, item in enumerate(items)}

    def refresh(self, seconds: float) -> None:
        """Compute every point anew, `seconds` after the start."""
        for point in self._map.points:
            if point.decimals_at is not None:
                self._put(point.decimals_at, _decimals(point).to_bytes(2, "big"))
            if point.unit_at is not None:
                self._put(point.unit_at, _text(_unit_text(point), point, point.unit_at.length))
            if point.kind is Kind.TEXT:
                self._put(point.span, _text(point.simulated.text, point, point.span.length))
            else:
                self._play(point, seconds)
        self.items |= self._written

    def _play(self, point: Point, seconds: float) -> None:
        played = point.simulated
        value = played.base + played.drift * Decimal(seconds) / 60
        if played.noise:
            value += played.noise * Decimal(self._random.gauss(0.0, 1.0))
        if point.kind in (Kind.BOOLEAN, Kind.BIT, Kind.UNSIGNED_8_HIGH, Kind.UNSIGNED_8_LOW) or point.has_field:
            self._put_part(point, int(value))
            return
        self._put(point.span, encode_nearest(point, value))

    def _put(self, span: Span, data: bytes) -> None:
        for item in range(span.length):
            self.items[span.table, span.start + item] = int.from_bytes(data[item * 2 : item * 2 + 2], "big")

    def _put_part(self, point: Point, value: int) -> None:
        key = (point.span.table, point.span.start)
        if point.kind is Kind.BOOLEAN:
            self.items[key] = value & 1
            return
        low, width = _part(point)
        word = int.from_bytes(arrange(self.items.get(key, 0).to_bytes(2, "big"), point.order), "big")
        mask = (1 << width) - 1
        word = (word & ~(mask << low)) | ((value & mask) << low)
        self.items[key] = int.from_bytes(arrange(word.to_bytes(2, "big"), point.order), "big")


def encode_nearest(point: Point, value: Decimal) -> bytes:
    """The registers of the value that the point can hold nearest to `value`."""
    if point.kind.is_float:
        return encode(point, value)
    if point.decimals_at is not None:
        value = value.scaleb(_decimals(point) + point.decimals_extra)
    raw = ((value - point.offset) / point.scale).quantize(_ONE, rounding=ROUND_HALF_EVEN)
    return encode(point, raw * point.scale + point.offset)


def _part(point: Point) -> tuple[int, int]:
    """Lowest bit and width of a point that is a part of a register."""
    if point.kind is Kind.BIT:
        return point.bit, 1
    if point.has_field:
        return point.field_low, point.field_high - point.field_low + 1
    return (8, 8) if point.kind is Kind.UNSIGNED_8_HIGH else (0, 8)


def _decimals(point: Point) -> int:
    return max(0, -exponent_of(point.simulated.base) - point.decimals_extra)


def _unit_text(point: Point) -> str:
    return next(iter(point.units), point.unit or "")


def _text(text: str, point: Point, registers: int) -> bytes:
    data = text.encode(point.encoding)[: registers * 2].ljust(registers * 2, b"\x00")
    return arrange(data, Order.BADC) if point.order.swaps_bytes else data


def make_device(
    register_map: RegisterMap, unit: int, seed: int, clock: Callable[[], float] = time.monotonic
) -> SimDevice:
    """A pymodbus device that holds the map's registers and computes them anew at every request."""
    played = Played(register_map, seed)
    started = clock()

    async def answer(
        function: int, start: int, address: int, _count: int, current: list[int], written: list[int] | list[bool] | None
    ) -> ExcCodes | None:
        if written is not None:
            played.take(_table_of(function), address, written)
            return None
        played.refresh(clock() - started)
        _lay_out(played, _table_of(function), start, current)
        return None

    return SimDevice(unit, simdata=_blocks(played), action=answer)


def _table_of(function: int) -> Table:
    """The table of a function code, reading or writing."""
    bits = {1: Table.COIL, 5: Table.COIL, 15: Table.COIL, 2: Table.DISCRETE}
    return bits.get(function, Table.INPUT if function == 4 else Table.HOLDING)


def _lay_out(played: Played, table: Table, start: int, current: list[int]) -> None:
    """Write the played items of a table into pymodbus's own list, which begins at word `start`."""
    for (item_table, address), value in played.items.items():
        if item_table is not table:
            continue
        if table.is_bits:
            word, bit = divmod(address, 16)
            current[word - start] = current[word - start] & ~(1 << bit) | value << bit
        else:
            current[address - start] = value


def _blocks(played: Played) -> tuple[list[SimData], list[SimData], list[SimData], list[SimData]]:
    coils, discrete, holding, inputs = (_block(played, table) for table in _BLOCKS)
    return coils, discrete, holding, inputs


def _block(played: Played, table: Table) -> list[SimData]:
    """The table's registers and no others; pymodbus wants at least one, so an unused table holds its last address."""
    addresses = sorted(address for item_table, address in played.items if item_table is table)
    if table.is_bits:
        words = sorted({address // 16 for address in addresses}) or [4095]
        return [SimData(word * 16, values=[False] * 16, datatype=DataType.BITS) for word in words]
    return [SimData(address, values=0, datatype=DataType.REGISTERS) for address in addresses or [65535]]


async def serve_tcp(
    devices: Sequence[SimDevice], host: str, port: int, *, ready: Callable[[int], None] | None = None
) -> None:
    """Serve the devices over Modbus TCP until cancelled; `ready` is told the port number (0 lets the system choose).

    Raises PortError when the address cannot be had.
    """
    server = ModbusTcpServer(list(devices), address=(host, port), ignore_missing_devices=True)
    try:
        if not await server.listen():
            raise PortError(f"tcp://{host}:{port} cannot be listened on.", "Choose a free port of this computer.")
        listening = server.transport
        if ready is not None and isinstance(listening, asyncio.Server):
            ready(listening.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().create_future()
    finally:
        server.close()


async def simulate(
    profile: Profile,
    port: str,
    *,
    seed: int = 0,
    faults: Mapping[Fault, float] | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Play a register profile until cancelled; `ready` is told the port that a link opens.

    `port` is `tcp://host:port` (0 takes a free port), or for serial frames `rtu-tcp://`, `ascii-tcp://`, `pty` or
    `pty:/path/of/link`. Raises ProfileError or PortError.
    """
    if profile.registers is None:
        raise ProfileError(f"{profile.id} is no register profile.", "Give one with a [modbus] table.")
    address = parse_address(port, profile.registers.transmission)
    unit = profile.registers.unit if address.unit is None else address.unit
    device = make_device(profile.registers, unit, seed)
    if address.framing is Framing.TCP and not faults:
        await _serve_plainly(device, address.port, unit, ready)
        return
    bus = RegisterBus([device], address.framing, profile.registers.timing, seed=seed, faults=faults)
    prefix = f"{address.framing}-tcp" if address.framing is not Framing.TCP else "tcp"
    await play_bus(bus, address.port, lambda name: ready and ready(name.replace("tcp", prefix, 1) + f"?unit={unit}"))


async def _serve_plainly(device: SimDevice, port: str, unit: int, ready: Callable[[str], None] | None) -> None:
    place = parse_port(port)
    if place.kind != "tcp":
        raise PortError(f"A register instrument cannot be played on '{port}'.", "Give tcp://host:port.")

    def listening(number: int) -> None:
        if ready is not None:
            ready(f"tcp://{place.host}:{number}?unit={unit}")

    await serve_tcp([device], place.host, place.port, ready=listening)


async def play_bus(bus: RegisterBus, port: str, ready: Callable[[str], object]) -> None:
    """Play a bus on `pty`, `pty:/path/of/link` or `tcp://host:port` until cancelled; `ready` is told its name."""
    endpoint = build_endpoint(port)
    pieces: asyncio.Queue[Piece] = asyncio.Queue()

    def heard(data: bytes) -> None:
        for piece in bus.heard(data):
            pieces.put_nowait(piece)

    try:
        await endpoint.open(heard)
        ready(endpoint.name)
        async with asyncio.TaskGroup() as group:
            group.create_task(_welcome(endpoint))
            while True:
                delay, data = await pieces.get()
                if delay:
                    await asyncio.sleep(delay)
                endpoint.write(data)
    finally:
        await endpoint.close()


async def _welcome(endpoint: Endpoint) -> None:
    """Notice every host that comes, also after another one left."""
    while True:
        await endpoint.reader_came()
        await asyncio.sleep(0.05)


def main() -> int:
    """`python -m devices.simulators.modbus PROFILE PORT [--seed N]`: says the port it plays on, then plays."""
    parser = argparse.ArgumentParser(description="Play a register instrument.")
    parser.add_argument("profile", help="a profile with a [modbus] table")
    parser.add_argument("port", help="tcp://host:port (0 takes a free one), rtu-tcp://host:port, pty or pty:/path")
    parser.add_argument("--seed", type=int, default=0, help="the same seed plays the same noise")
    parser.add_argument("--fault", choices=sorted(FAULTS), help="what goes wrong now and then")
    arguments = parser.parse_args()
    faults = {Fault(arguments.fault): 1.0 if Fault(arguments.fault) in ALWAYS else 0.1} if arguments.fault else None

    def say(port: str) -> None:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()

    try:
        profile = load_profile(arguments.profile)
        with suppress(KeyboardInterrupt):
            asyncio.run(simulate(profile, arguments.port, seed=arguments.seed, faults=faults, ready=say))
    except DeviceError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
