"""An OPC UA server in a process of its own (asyncua's), told by its standard input: `NAME VALUE [STATUS]` a line.

It prints `ready`, then each line it has obeyed. With a certificate it talks only signed and encrypted.
"""

from __future__ import annotations

import argparse
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


async def main(port: str, who: list[str], certificate: list[str]) -> None:
    server = Server(user_manager=_Named(*who)) if who else Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/oven")
    security = ua.SecurityPolicyType.NoSecurity
    if certificate:
        security = ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt
        await server.set_application_uri("urn:example.org:oven")
        await server.load_certificate(certificate[0])
        await server.load_private_key(certificate[1], format="pem")
    server.set_security_policy([security])
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


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("port")
    parser.add_argument("--who", nargs=2, default=[], help="a name and a password that it asks for")
    parser.add_argument("--certificate", nargs=2, default=[], help="what it shows, and the key")
    return parser.parse_args()


asyncio.run(main(**vars(arguments())))
