"""A mosquitto of the test's own that can be stopped and started, and a host that listens to one Sparkplug node."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from devices.gateway.broker import Broker
from devices.gateway.host import SparkplugLink
from devices.gateway.mqtt import NodeName
from devices.gateway.sparkplug import Payload, decode_payload
from devices.reading import LinkState, LinkStatus, Reading

if TYPE_CHECKING:
    from tests.integration.certificates import Made

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """A port nobody listens on, below those the system gives to outgoing connections."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


class Mosquitto:
    """A broker that remembers its sessions over a restart; `who` is a name and a password that it asks for.

    With `shows` it speaks TLS with that certificate; with `lets_in` only to who has a certificate that this one signed.
    """

    def __init__(
        self,
        folder: Path,
        *who: str,
        shows: Made | None = None,
        lets_in: Made | None = None,
        at: str = "127.0.0.1",
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.port, self._at = free_port(), at
        self.url = f"{'mqtts' if shows else 'mqtt'}://{f'[{at}]' if ':' in at else at}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._file = folder / "mosquitto.conf"
        access = "allow_anonymous true\n"
        if who:
            passwords = folder / "passwords"
            made = shutil.which("mosquitto_passwd") or "/usr/bin/mosquitto_passwd"
            subprocess.run([made, "-b", "-c", str(passwords), *who], check=True, capture_output=True)
            access = f"allow_anonymous false\npassword_file {passwords}\n"
        if shows is not None:
            access += f"certfile {shows.file}\nkeyfile {shows.key_file}\n"
        if lets_in is not None:
            access += f"cafile {lets_in.file}\nrequire_certificate true\n"
        self._file.write_text(
            f"listener {self.port} {at}\n{access}user root\npersistence true\n"
            f"persistence_location {folder}/\nmax_queued_messages 0\n"
        )

    def start(self) -> None:
        self._process = subprocess.Popen(
            [str(PROGRAM), "-c", str(self._file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < until, "mosquitto does not start"
            time.sleep(0.005)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection((self._at, self.port)):
            return True
        return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()
            self._process = None


class Host:
    """Listens to a node in a thread; `readings` are each told once, with the payload that brought them as raw bytes."""

    def __init__(self, broker: Broker, name: NodeName, host: str = "mes") -> None:
        self.readings: list[Reading] = []
        self.is_ready = threading.Event()
        self._broker = broker
        self._name = name
        self._host = host
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))
        self._thread.start()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        link = SparkplugLink(self._broker, self._name, sink=self._heard, host=self._host)
        self._task = asyncio.create_task(link.run())
        with suppress(asyncio.CancelledError):
            await self._task

    def _heard(self, event: object) -> None:
        if isinstance(event, Reading):
            self.readings.append(event)
        elif isinstance(event, LinkState) and event.status is LinkStatus.READY:
            self.is_ready.set()

    def values(self, channel: str) -> list[str]:
        """The values of a metric in the order they came."""
        return [str(one.value) for one in self.readings if one.channel == channel]

    def payloads(self) -> list[Payload]:
        """What brought the readings."""
        return [decode_payload(raw) for raw in dict.fromkeys(one.raw for one in self.readings)]

    def close(self) -> None:
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(task.cancel)
        self._thread.join(20)
