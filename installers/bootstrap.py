"""Set Sinebar up on this machine and run it: `python3 installers/bootstrap.py demo` or `... test`.

Standard library only, so that it runs on a machine where nothing was installed by hand. It makes `.venv` beside
`pyproject.toml`, installs exactly what `installers/requirements.lock` names (every file checked by its hash), looks
after the system libraries Qt needs on Linux, and then hands over. A second run finds the work done and starts at once.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "installers" / "requirements.lock"
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENVIRONMENT / "sinebar-installed"
OLDEST_PYTHON = (3, 11)
PACKAGES = ("workstation", "ui", "devices", "analysis", "resources")

# Debian 12 packages by the shared library each brings. The first six are needed even to import Qt without a screen,
# the others by a window and by the tests' virtual screen.
LINUX_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
TEST_PROGRAMS = {"Xvfb": "xvfb", "xauth": "xauth", "socat": "socat", "mbpoll": "mbpoll", "mosquitto": "mosquitto"}


def say(text: str) -> None:
    print(f"sinebar: {text}", flush=True)


def fail(text: str) -> None:
    print(f"sinebar: {text}", file=sys.stderr, flush=True)
    raise SystemExit(3)


def run(command: Sequence[str | Path], *, quiet: bool = False) -> bool:
    """Run one command and say whether it went well; its output is shown unless quiet."""
    out = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run([str(word) for word in command], cwd=ROOT, stdout=out, stderr=out).returncode == 0
    except OSError:
        return False


def missing_libraries() -> list[str]:
    """Debian packages whose shared library the loader cannot find (Linux only)."""
    if not sys.platform.startswith("linux"):
        return []
    missing = []
    for library, package in LINUX_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def look_after_system(*, testing: bool) -> None:
    """Install what the system lacks when we may, and otherwise print the one command that does."""
    if not sys.platform.startswith("linux"):
        return
    libraries = missing_libraries()
    programs = [package for name, package in TEST_PROGRAMS.items() if testing and shutil.which(name) is None]
    wanted = libraries + programs
    if not wanted:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *wanted]
    printable = "sudo apt-get update && sudo " + " ".join(command)
    apt = shutil.which("apt-get") is not None
    if apt and os.geteuid() == 0:
        say(f"installing system packages: {' '.join(wanted)}")
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        done = run(command, quiet=True) or (run(["apt-get", "update"], quiet=True) and run(command, quiet=True))
        if done and not missing_libraries():
            return
        printable = "apt-get update && " + " ".join(command)
    if missing_libraries():
        remedy = printable if apt else f"install the equivalents of: {' '.join(wanted)}"
        fail(f"Qt needs system libraries that are not here. Run this, then start again:\n  {remedy}")
    if programs:
        say(f"not installed, so the tests that use them are skipped: {' '.join(programs)} (to get them: {printable})")


def lock_digest(offline: Path | None) -> str:
    wanted = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return hashlib.sha256(wanted + sys.version.encode()).hexdigest() + f" {offline or 'registry'}\n"


def make_environment() -> None:
    if PYTHON.exists() and run([PYTHON, "-m", "pip", "--version"], quiet=True):
        return
    say(f"making {ENVIRONMENT.name} with Python {sys.version.split()[0]}")
    if not run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], quiet=True):
        hint = (
            "sudo apt-get install python3-venv"
            if sys.platform.startswith("linux")
            else "reinstall Python from python.org"
        )
        fail(f"Python cannot make a virtual environment here. Run this, then start again:\n  {hint}")


def install(offline: Path | None) -> None:
    """Install the locked packages and Sinebar itself; with a folder of wheels, never ask the network."""
    if STAMP.exists() and STAMP.read_text(encoding="utf-8").split()[0] == lock_digest(offline).split()[0]:
        return
    make_environment()
    source = ["--no-index", "--find-links", str(offline)] if offline else []
    uv = run([PYTHON, "-m", "uv", "--version"], quiet=True) or run(
        [PYTHON, "-m", "pip", "install", "-q", *source, "uv"], quiet=True
    )
    started = time.monotonic()
    say(f"installing the locked packages with {'uv' if uv else 'pip'}" + (f" from {offline}" if offline else ""))
    # Bytecode is compiled now: without it every start would compile everything again (three times slower).
    if uv:
        tool: list[str | Path] = [PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON]
        done = run([*tool, "-q", "--compile-bytecode", "--require-hashes", *source, "-r", LOCK])
        done = done and run([*tool, "-q", "--no-deps", "--no-build-isolation", *source, "-e", ROOT])
    else:
        tool = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", *source]
        done = run([*tool, "--only-binary", ":all:", "--require-hashes", "-r", LOCK])
        done = done and run([*tool, "--no-deps", "--no-build-isolation", "-e", ROOT])
    if not done:
        fail(
            "the packages could not be installed; the lines above say why.\n"
            "  Without a network: on a machine that has one, run\n"
            "    python3 -m pip download --require-hashes -r installers/requirements.lock -d wheels\n"
            "    python3 -m pip download uv -d wheels\n"
            "  bring the folder here, and start again with `--offline wheels`."
        )
    STAMP.write_text(lock_digest(offline), encoding="utf-8")
    say(f"installed in {time.monotonic() - started:.0f} s")


def compile_sources() -> None:
    """Compile Sinebar's own modules where they changed: the demo starts a dozen processes, each would do it again."""
    run([PYTHON, "-m", "compileall", "-q", *(ROOT / name for name in PACKAGES)], quiet=True)


CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", ("-m", "ruff", "format", "--check", ".")),
    ("lint", ("-m", "ruff", "check", ".")),
    (
        "types",
        (
            "-m",
            "mypy",
        ),
    ),
    ("import contracts", ("-c", "from importlinter.cli import lint_imports_command as c; c()")),
)


def check_and_test(arguments: Sequence[str]) -> int:
    """The checks, then the tests; all checks run even when one fails, so that one run shows everything."""
    failed = []
    for name, command in CHECKS:
        say(f"check: {name}")
        if not run([PYTHON, *command]):
            failed.append(name)
    say("tests")
    # Whole files go to one worker each: tests of a file may share a station or an instrument.
    workers = () if arguments else ("-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile")
    tests = subprocess.run([str(PYTHON), "-m", "pytest", *workers, *arguments], cwd=ROOT).returncode
    if failed:
        say(f"failed checks: {', '.join(failed)}")
    return 1 if failed or tests else 0


def hand_over(arguments: Sequence[str]) -> int:
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return subprocess.run([str(PYTHON), "-m", "workstation.cli", *arguments], cwd=ROOT).returncode


def main(arguments: Sequence[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        fail(f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed; this is {sys.version.split()[0]}.")
    parser = argparse.ArgumentParser(
        prog="bootstrap.py",
        description="Set Sinebar up on this machine and run it.",
        epilog="Everything after the word goes to the command itself: `bootstrap.py demo --headless`.",
    )
    parser.add_argument(
        "--offline", metavar="DIR", type=Path, help="install from this folder of wheels, without a network"
    )
    parser.add_argument(
        "word",
        choices=["install", "demo", "test", "run"],
        help="install only; the demo; checks and tests; any sinebar command",
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.offline is not None and not chosen.offline.is_dir():
        fail(f"--offline {chosen.offline}: no such folder. Give the folder that holds the wheels.")
    look_after_system(testing=chosen.word == "test")
    install(chosen.offline.resolve() if chosen.offline else None)
    compile_sources()
    if chosen.word == "install":
        say("ready")
        return 0
    if chosen.word == "test":
        return check_and_test(chosen.rest)
    return hand_over(chosen.rest if chosen.word == "run" else ["demo", *chosen.rest])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
