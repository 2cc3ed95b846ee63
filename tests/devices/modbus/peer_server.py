"""A slave of another maker, run as a process: `peer_server.py KIND PORT` says "ready" and serves until it is killed.

Every kind holds the same items: registers 0 to 399 hold `(address * 7 + 3) % 65536`, except that 300 to 301 hold the
float 21.5 and 310 to 311 the number -123456, both most significant word first; bits 0 to 99 are set at every third.
Two kinds are instruments instead and print the function of every request: `meter`, an energy meter that is unit 7 on a
serial line, and `climate`, a transmitter on TCP.
"""

from __future__ import annotations

import ctypes
import struct
import sys
import time

REGISTERS = [(address * 7 + 3) % 65536 for address in range(400)]
REGISTERS[300:302] = struct.unpack(">2H", struct.pack(">f", 21.5))
REGISTERS[310:312] = struct.unpack(">2H", struct.pack(">i", -123456))
BITS = [int(address % 3 == 0) for address in range(100)]


def ready() -> None:
    print("ready", flush=True)


def libmodbus(port: str) -> None:
    class Mapping(ctypes.Structure):
        _fields_ = [
            ("nb_bits", ctypes.c_int),
            ("start_bits", ctypes.c_int),
            ("nb_input_bits", ctypes.c_int),
            ("start_input_bits", ctypes.c_int),
            ("nb_input_registers", ctypes.c_int),
            ("start_input_registers", ctypes.c_int),
            ("nb_registers", ctypes.c_int),
            ("start_registers", ctypes.c_int),
            ("tab_bits", ctypes.POINTER(ctypes.c_uint8)),
            ("tab_input_bits", ctypes.POINTER(ctypes.c_uint8)),
            ("tab_input_registers", ctypes.POINTER(ctypes.c_uint16)),
            ("tab_registers", ctypes.POINTER(ctypes.c_uint16)),
        ]

    library = ctypes.CDLL("libmodbus.so.5")
    library.modbus_mapping_new.restype = ctypes.POINTER(Mapping)
    for maker in (library.modbus_new_tcp, library.modbus_new_rtu):
        maker.restype = ctypes.c_void_p
    mapping = library.modbus_mapping_new(100, 100, 400, 400)
    for address, value in enumerate(REGISTERS):
        mapping.contents.tab_registers[address] = mapping.contents.tab_input_registers[address] = value
    for address, value in enumerate(BITS):
        mapping.contents.tab_bits[address] = mapping.contents.tab_input_bits[address] = value
    request = (ctypes.c_uint8 * 260)()
    serial = port.startswith("/")
    if serial:
        context = ctypes.c_void_p(library.modbus_new_rtu(port.encode(), 19200, ctypes.c_char(b"N"), 8, 1))
        library.modbus_set_slave(context, 1)
        library.modbus_connect(context)
    else:
        context = ctypes.c_void_p(library.modbus_new_tcp(b"127.0.0.1", int(port)))
        listening = ctypes.c_int(library.modbus_tcp_listen(context, 1))
    ready()
    while True:
        if not serial:
            library.modbus_tcp_accept(context, ctypes.byref(listening))
        while (length := library.modbus_receive(context, request)) >= 0:
            if length:
                library.modbus_reply(context, request, length, mapping)


def modbus_tk(port: str) -> None:
    import serial
    from modbus_tk import defines, modbus_rtu, modbus_tcp

    if port.startswith("/"):
        server = modbus_rtu.RtuServer(serial.Serial(port, 19200))
    else:
        server = modbus_tcp.TcpServer(port=int(port), address="127.0.0.1")
    server.start()
    slave = server.add_slave(1)
    for name, kind, values in (
        ("c", defines.COILS, BITS),
        ("d", defines.DISCRETE_INPUTS, BITS),
        ("h", defines.HOLDING_REGISTERS, REGISTERS),
        ("i", defines.ANALOG_INPUTS, REGISTERS),
    ):
        slave.add_block(name, kind, 0, len(values))
        slave.set_values(name, 0, values)
    time.sleep(0.2)  # its threads open the port without a word
    ready()
    while True:
        time.sleep(60)


def py_modbus_tcp(port: str) -> None:
    from pyModbusTCP.server import DataBank, ModbusServer

    bank = DataBank(coils_size=100, d_inputs_size=100, h_regs_size=400, i_regs_size=400)
    bank.set_coils(0, [bool(bit) for bit in BITS])
    bank.set_discrete_inputs(0, [bool(bit) for bit in BITS])
    bank.set_holding_registers(0, REGISTERS)
    bank.set_input_registers(0, REGISTERS)
    server = ModbusServer("127.0.0.1", int(port), no_block=True, data_bank=bank)
    server.start()
    ready()
    while True:
        time.sleep(60)


def umodbus(port: str) -> None:
    from umodbus.server import tcp

    if port.startswith("/"):
        import serial
        from umodbus.server.serial import get_server
        from umodbus.server.serial.rtu import RTUServer

        app = get_server(RTUServer, serial.Serial(port, 19200, timeout=0.005))
    else:
        from socketserver import TCPServer

        TCPServer.allow_reuse_address = True
        app = tcp.get_server(TCPServer, ("127.0.0.1", int(port)), tcp.RequestHandler)
    addresses, bits = list(range(400)), list(range(100))
    app.route(slave_ids=[1], function_codes=[3, 4], addresses=addresses)(lambda address, **_: REGISTERS[address])
    app.route(slave_ids=[1], function_codes=[1, 2], addresses=bits)(lambda address, **_: BITS[address])
    ready()
    app.serve_forever()


def meter(port: str) -> None:
    import serial
    from modbus_tk import defines, hooks, modbus_rtu

    server = modbus_rtu.RtuServer(serial.Serial(port, 9600))
    server.start()
    slave = server.add_slave(7)
    slave.add_block("i", defines.ANALOG_INPUTS, 0, 20)
    slave.set_values("i", 0, [2301, 1237, 0, 2860, 0, 1500, 0, 499, 98, 0])
    hooks.install_hook("modbus.Slave.handle_request", lambda told: print(told[1][0], flush=True))
    time.sleep(0.2)
    ready()
    while True:
        time.sleep(60)


def climate(port: str) -> None:
    from pyModbusTCP.server import DataBank, ModbusServer

    class Server(ModbusServer):  # type: ignore[misc]
        def _engine(self, session_data: object) -> None:
            print(session_data.request.pdu.func_code, flush=True)  # type: ignore[attr-defined]
            super()._engine(session_data)

    bank = DataBank(i_regs_size=10, h_regs_size=10, d_inputs_size=10, coils_size=10)
    bank.set_input_registers(1, [215, 453])
    Server("127.0.0.1", int(port), no_block=True, data_bank=bank).start()
    ready()
    while True:
        time.sleep(60)


KINDS = {
    "libmodbus": libmodbus,
    "modbus_tk": modbus_tk,
    "pyModbusTCP": py_modbus_tcp,
    "umodbus": umodbus,
    "meter": meter,
    "climate": climate,
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](sys.argv[2])
