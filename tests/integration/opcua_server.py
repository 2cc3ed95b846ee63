"""An OPC UA server in a process of its own (asyncua's), told by its standard input: `NAME VALUE [STATUS]` a line.

Arguments: port, and then a name and a password that it asks for. It prints `ready`, then each line it has obeyed.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from asyncua import Server, ua
from asyncua.server.user_managers import User, UserManager, UserRole


class _Named(UserManager):
    """Lets one name and password in."""

    def __init__(self, name: str, password: str) -> None:
        self._wanted = name, password

    def get_user(
        self, _session: Any, username: Any = None, password: Any = None, certificate: Any = None
    ) -> User | None:
        del certificate
        secret = password.decode() if isinstance(password, bytes) else password
        return User(role=UserRole.User, name=username) if (username, secret) == self._wanted else None


async def main(port: str, *who: str) -> None:
    server = Server(user_manager=_Named(*who)) if who else Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/oven")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    await server.register_namespace("http://example.org/oven")
    nodes = {
        name: await server.nodes.objects.add_variable(ua.NodeId(f"oven.{name}", 2), name, ua.Variant(0.0))
        for name in ("temperature", "diameter")
    }
    unit = ua.EUInformation(DisplayName=ua.LocalizedText("°C"))
    await nodes["temperature"].add_property(0, "EngineeringUnits", unit)
    await nodes["temperature"].write_value(ua.Variant(180.5))
    async with server:
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, value, *status = line.split()
            code = ua.StatusCode(getattr(ua.StatusCodes, status[0] if status else "Good"))
            await nodes[name].write_value(ua.DataValue(ua.Variant(float(value)), code, _now()))
            print(line.strip(), flush=True)


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC).replace(tzinfo=None)


asyncio.run(main(*sys.argv[1:]))
