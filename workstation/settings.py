"""Every setting of a station, declared once; read from and written to the home's `settings.toml`."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from workstation import files
from workstation.errors import CallIsWrong, SurroundingsFailed

FILE = "settings.toml"
_NEXT_STEP = "Check the folder's rights and the disk's free space."
HOME_VARIABLE = "SINEBAR_HOME"
T = TypeVar("T", bool, int, float, str)


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One setting: `key` is `table.name` in the file, `lowest` and `highest` bound a number, `choices` a text."""

    key: str
    default: T
    help: str
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def type(self) -> type[T]:
        return type(self.default)

    def wrong(self, value: object) -> str:
        """Why `value` cannot be, as the end of a sentence; empty when it can."""
        wanted = self.type
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            return f"must be {_KINDS[wanted]}, not {value!r}"
        if isinstance(value, int | float) and wanted is not bool and not self._within(value):
            return (
                f"must be from {self.lowest:g} to {self.highest:g}{' ' + self.unit if self.unit else ''}, not {value}"
            )
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}, not {value!r}"
        return ""

    def _within(self, value: float) -> bool:
        above = self.lowest is None or value >= self.lowest
        return above and (self.highest is None or value <= self.highest)

    def parse(self, text: str) -> T:
        """The value written as `text` on a command line; raises CallIsWrong."""
        value: object = text
        if self.type is bool:
            value = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
                text.lower(), text
            )
        elif self.type in (int, float):
            try:
                value = self.type(text)
            except ValueError:
                value = text
        if problem := self.wrong(value):
            raise CallIsWrong(f"{self.key} {problem}.", f"{self.help} Its default is {self.default}.")
        return cast(T, value)


_KINDS: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}

BATCH_MILLISECONDS = Setting(
    "line.batch_milliseconds", 0, "How long the line gathers readings before it commits them; 0 commits what is there.",
    unit="ms", lowest=0, highest=1000,
)  # fmt: skip
BATCH_ROWS = Setting(
    "line.batch_rows", 100, "The most readings the line commits at once.", unit="readings", lowest=1, highest=10_000
)
RAW_MEGABYTES = Setting(
    "line.raw_megabytes", 64, "How much of each port's raw bytes is kept.", unit="MB", lowest=1, highest=100_000
)
OVERDUE_CALIBRATION = Setting(
    "line.overdue_calibration", "refuse", "What becomes of readings of a gauge whose calibration is overdue.",
    choices=("refuse", "flag"),
)  # fmt: skip
PUBLISH_BROKER = Setting(
    "publish.broker",
    "",
    "The MQTT broker to publish to, such as mqtt://host:1883 or mqtts://host:8883; empty for none.",
)
PUBLISH_GROUP = Setting("publish.group", "Sinebar", "The Sparkplug group this station publishes in.")
PUBLISH_NODE = Setting("publish.node", "", "The Sparkplug node it publishes as; empty for the station's name.")
PUBLISH_HOST = Setting(
    "publish.primary_host", "", "The Sparkplug host that must be online before anything is sent; empty for none."
)
PUBLISH_READINGS = Setting("publish.readings", True, "Whether kept readings are published.")
PUBLISH_SUBGROUPS = Setting("publish.subgroups", True, "Whether judged subgroups' means and spreads are published.")
PUBLISH_ALARMS = Setting("publish.alarms", True, "Whether alarms are published.")
PUBLISH_SAMPLES = Setting("publish.samples", False, "Whether every reading of continuous channels is published.")
PUBLISH_CHARACTERISTICS = Setting(
    "publish.characteristics", "", "Names of the characteristics to publish, separated by commas; empty for all."
)
PUBLISH_MEGABYTES = Setting(
    "publish.megabytes", 1024, "How much may wait on the disk for the broker.", unit="MB", lowest=1, highest=100_000
)
LOG_LEVEL = Setting(
    "log.level", "info", "The least severe messages that are logged.", choices=("debug", "info", "warning", "error")
)
LOG_MEGABYTES = Setting(
    "log.megabytes", 5, "How large a log file grows before it is rotated.", unit="MB", lowest=1, highest=1000
)
LOG_COPIES = Setting("log.copies", 5, "How many rotated log files are kept.", unit="files", lowest=1, highest=100)
PASSWORD_LENGTH = Setting(
    "people.password_length", 12, "The fewest characters of a password.", unit="characters", lowest=8, highest=128
)
FAILURES_BEFORE_LOCK = Setting(
    "people.failures_before_lock", 5, "Wrong passwords in a row after which an account is locked.",
    unit="attempts", lowest=3, highest=100,
)  # fmt: skip
HUB_URL = Setting("sync.hub_url", "", "Where the hub listens, such as https://quality.example:8443; empty for none.")
SYNC_SECONDS = Setting(
    "sync.interval_seconds",
    5.0,
    "How often new journal entries are offered to the hub.",
    unit="s",
    lowest=0.2,
    highest=86_400,
)
WINDOW_THEME = Setting("window.theme", "system", "Light or dark.", choices=("system", "light", "dark"))
WINDOW_DENSITY = Setting(
    "window.density", "desk", "Sizes for mouse and chair, or for gloves at the station.", choices=("desk", "station")
)
WINDOW_TEXT = Setting(
    "window.text_percent", 0, "The size of the window's text; 0 as its density has it.", unit="%", lowest=0, highest=200
)
WINDOW_FRAMES = Setting(
    "window.frames_per_second", 30, "The most often the window draws live charts.", unit="1/s", lowest=1, highest=60
)
WEDGE_MILLISECONDS = Setting(
    "window.wedge_milliseconds", 35, "The longest pause between two keys of a reader that types like a keyboard.",
    unit="ms", lowest=5, highest=200,
)  # fmt: skip
WEDGE_PREFIX = Setting(
    "window.wedge_prefix", "", "The character such a reader was set to send first; empty where it sends none."
)
WEDGE_PROFILE = Setting(
    "window.wedge_profile", "", "The profile of a gauge that types like a keyboard; empty where only codes are scanned."
)

SETTINGS: tuple[Setting[Any], ...] = tuple(value for value in list(globals().values()) if isinstance(value, Setting))


def declared(key: str) -> Setting[Any]:
    """The setting of this key; raises CallIsWrong naming the nearest one."""
    for setting in SETTINGS:
        if setting.key == key:
            return setting
    raise CallIsWrong(f"There is no setting {key!r}.", _nearest(key))


def _nearest(key: str) -> str:
    import difflib

    near = difflib.get_close_matches(key, [setting.key for setting in SETTINGS], 1)
    return f"Did you mean {near[0]}?" if near else "List them with `sinebar settings list`."


@dataclass(frozen=True, slots=True)
class Settings:
    """A station's settings: `changed` holds those that differ from their defaults."""

    changed: Mapping[str, bool | int | float | str] = field(default_factory=dict)

    def get(self, setting: Setting[T]) -> T:
        value = self.changed.get(setting.key, setting.default)
        return cast(T, float(value) if setting.type is float else value)


def load(home: Path) -> Settings:
    """The settings of a home; a missing file means all defaults.

    Raises SurroundingsFailed naming file, line and remedy for a file that cannot be read or says something impossible.
    """
    path = home / FILE
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe may keep its reader for ever
            raise SurroundingsFailed(f"{path} is no plain file.", "Delete it, or put a plain file there.")
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return Settings()
    except UnicodeDecodeError as error:
        raise SurroundingsFailed(f"{path} is not UTF-8 text (byte {error.start + 1}).", "Save it as UTF-8.") from error
    except OSError as error:
        raise SurroundingsFailed(
            f"{path} cannot be read: {error.strerror}.", "Give this user the right to read it."
        ) from error
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SurroundingsFailed(
            f"{path} is not valid TOML: {error}.", "Correct that line, or delete the file."
        ) from error
    except (RecursionError, ValueError) as error:  # ValueError: a whole number of thousands of digits
        raise SurroundingsFailed(
            f"{path} is nested too deeply, or holds a number of thousands of digits.", "Correct it, or delete the file."
        ) from error
    return Settings(dict(_checked(path, text, tables)))


def _checked(path: Path, text: str, tables: Mapping[str, Any]) -> Iterable[tuple[str, bool | int | float | str]]:
    for table, entries in tables.items():
        for name, value in entries.items() if isinstance(entries, dict) else ((None, entries),):
            key = table if name is None else f"{table}.{name}"
            where = f"{path}, line {_line_of(text, name or table)}"
            if all(setting.key != key for setting in SETTINGS):
                raise SurroundingsFailed(f"{where}: there is no setting {key!r}.", _nearest(key))
            setting = declared(key)
            if problem := setting.wrong(value):
                raise SurroundingsFailed(
                    f"{where}: {key} {problem}.", f"{setting.help} Its default is {setting.default}."
                )
            yield key, value


def _line_of(text: str, name: str) -> int:
    pattern = re.compile(rf"""^\s*\[?\s*["']?([\w-]+\.)*{re.escape(name)}["']?\s*[=.\]]""")
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.match(line):
            return number
    return 1


def change(home: Path, key: str, text: str) -> Settings:
    """Set one setting from its text form and write the file; other lines' comments are not kept."""
    setting = declared(key)
    value = setting.parse(text)
    with files.changing(home / FILE, next_step=_NEXT_STEP, make_folder=True):
        changed = dict(load(home).changed)
        changed.pop(key, None)
        if value != setting.default:
            changed[key] = value
        _write(home / FILE, changed)
    return Settings(changed)


def _write(path: Path, changed: Mapping[str, bool | int | float | str]) -> None:
    lines: list[str] = ["# Settings that differ from their defaults. `sinebar settings list` explains each."]
    table = ""
    for key in sorted(changed):
        prefix, name = key.split(".", 1)
        if prefix != table:
            table = prefix
            lines += ["", f"[{table}]"]
        lines.append(f"{name} = {_toml(changed[key])}")
    files.replace(path, "\n".join(lines) + "\n", next_step=_NEXT_STEP)


def _toml(value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = "".join(
            f"\\u{ord(letter):04x}" if ord(letter) < 32 or ord(letter) == 127 else letter
            for letter in value.replace("\\", "\\\\").replace('"', '\\"')
        )
        return f'"{escaped}"'
    return repr(value)


def home(chosen: Path | str | None = None) -> Path:
    """The folder that holds a station: as chosen, else SINEBAR_HOME, else the platform's place for a program's data.

    Makes the folder. Raises SurroundingsFailed when it cannot be made or written.
    """
    named = str(chosen) if chosen else os.environ.get(HOME_VARIABLE, "")
    path = Path(named).expanduser().absolute() if named else _platform_home()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise SurroundingsFailed(f"{path} is not a folder.", "Choose another one with --home.") from error
    except OSError as error:
        raise SurroundingsFailed(
            f"The folder {path} cannot be made: {error.strerror}.", "Choose another one with --home."
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise SurroundingsFailed(
            f"The folder {path} cannot be written.",
            "Give this user the right to write there, or choose another with --home.",
        )
    return path


def _platform_home() -> Path:
    from platformdirs import user_data_path

    return user_data_path("Sinebar", appauthor=False)
