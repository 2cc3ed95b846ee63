"""A slave of another maker, run as a process: `peer_server.py KIND PORT` says "ready" and serves until it is killed.

Every kind holds the same items: registers 0 to 399 hold `(address * 7 + 3) % 65536`, except that 300 to 301 hold the
float 21.5 and 310 to 311 the number -123456, both most significant word first; bits 0 to 99 are set at every third.
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


if __name__ == "__main__":
    {"libmodbus": libmodbus, "modbus_tk": modbus_tk, "pyModbusTCP": py_modbus_tcp, "umodbus": umodbus}[sys.argv[1]](
        sys.argv[2]
    )
