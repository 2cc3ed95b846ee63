"""Bundles: entries or an acknowledgement on a stick, sealed with the station's key, refused when a bit is wrong.

A bundle is a zip of `manifest.json`, `entries.jsonl` (one journal entry a line, absent in an acknowledgement) and
`seal.txt`, the HMAC-SHA256 of the manifest. The manifest holds counts, the range, and the SHA-256 of the entries.
"""

from __future__ import annotations

import hashlib
import hmac
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import msgspec

from workstation import files
from workstation.errors import CallIsWrong, Refused, SurroundingsFailed
from workstation.wire.messages import (
    MAXIMUM_UNPACKED,
    Count,
    Entry,
    Hash,
    Head,
    Message,
    Name,
    Sequence,
    Unreadable,
    packed,
    unpacked,
)

FORMAT = "sinebar-bundle"
VERSION = 1
_MANIFEST, _ENTRIES, _SEAL = "manifest.json", "entries.jsonl", "seal.txt"
_LONGEST_MANIFEST = 64 * 1024
_WRITE_AGAIN = "Write the bundle again where it came from, and carry it on another stick."


class Manifest(Message, frozen=True):
    """What a bundle of entries holds: entries `first` to `last` that follow `previous_hash` and end in `hash`."""

    format: str
    version: int
    kind: str
    station: Name
    created_at: Count
    first: Sequence = 1
    last: Sequence = 1
    previous_hash: Hash = "0" * 64
    hash: Hash = "0" * 64
    readings: Count = 0
    bytes: Count = 0
    sha256: Hash = "0" * 64
    previous_bundle: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    head: Head | None = None

    @property
    def entries(self) -> int:
        return self.last - self.first + 1

    def identity(self) -> str:
        """What the bundle is called in the next one and at the hub: SHA-256 of the manifest."""
        return hashlib.sha256(packed(self)).hexdigest()


ENTRIES, ACKNOWLEDGEMENT = "entries", "acknowledgement"


def write_bundle(target: Path, manifest: Manifest, lines: Iterable[bytes], seal: str) -> Manifest:
    """Write a bundle of `lines` (or an acknowledgement); returns the manifest with size and hash filled in."""
    if not target.name:
        raise CallIsWrong("A bundle needs a file's name.", "Give one, such as stick/monday.zip.")
    with (
        files.replacing(target, next_step="Choose another folder.", make_folder=True) as fresh,
        zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as bundle,
    ):
        if manifest.kind == ENTRIES:
            size, digest = _write_lines(bundle, lines)
            manifest = msgspec.structs.replace(manifest, bytes=size, sha256=digest)
        content = packed(manifest)
        bundle.writestr(_MANIFEST, content)
        bundle.writestr(_SEAL, _seal(content, seal))
    return manifest


def _write_lines(bundle: zipfile.ZipFile, lines: Iterable[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with bundle.open(_ENTRIES, "w", force_zip64=True) as entries:
        for line in lines:
            for piece in (line, b"\n"):
                entries.write(piece)
                digest.update(piece)
                size += len(piece)
    return size, digest.hexdigest()


def _seal(content: bytes, seal: str) -> str:
    return hmac.new(bytes.fromhex(seal), content, "sha256").hexdigest()


class Bundle:
    """An open bundle. Nothing in it is trusted before `verify` has returned."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self._content = self._small(_MANIFEST)
        try:
            self.manifest = unpacked(self._content, Manifest)
        except Unreadable as error:
            raise damaged(path, f"its manifest cannot be read ({error})") from error
        if self.manifest.format != FORMAT or self.manifest.kind not in (ENTRIES, ACKNOWLEDGEMENT):
            raise damaged(path, "it is no bundle of ours")
        if self.manifest.version != VERSION:
            raise Refused(
                f"{path} has bundle format {self.manifest.version}; this Sinebar knows {VERSION}.",
                "Update Sinebar here.",
            )

    def verify(self, seal: str) -> None:
        """Check the seal, then every byte of the entries, against the manifest; raises Refused."""
        given = self._small(_SEAL).decode("ascii", "replace").strip()
        if not hmac.compare_digest(_seal(self._content, seal).encode(), given.encode()):
            raise damaged(self.path, "its seal is not that of this station")
        if self.manifest.kind != ENTRIES:
            return
        if self._info(_ENTRIES).file_size != self.manifest.bytes:
            raise damaged(self.path, "its entries are not as long as the manifest says")
        digest, lines = hashlib.sha256(), 0
        for line in self._lines():
            digest.update(line)
            lines += 1
        if digest.hexdigest() != self.manifest.sha256 or lines != self.manifest.entries:
            raise damaged(self.path, "its entries are not those that the manifest was made for")

    def entries(self) -> Iterator[Entry]:
        """The entries in order; raises Refused for one that cannot be read."""
        for number, line in enumerate(self._lines(), 1):
            try:
                yield unpacked(line, Entry)
            except Unreadable as error:
                raise damaged(self.path, f"line {number} cannot be read ({error})") from error

    def _lines(self) -> Iterator[bytes]:
        with said_plainly(self.path), self._archive.open(self._info(_ENTRIES)) as entries:
            left = self.manifest.bytes
            while line := entries.readline(MAXIMUM_UNPACKED + 1):
                left -= len(line)
                if len(line) > MAXIMUM_UNPACKED or left < 0:
                    raise damaged(self.path, "its entries are longer than the manifest says")
                yield line

    def _small(self, name: str) -> bytes:
        with said_plainly(self.path), self._archive.open(self._info(name)) as member:
            return _at_most(member, _LONGEST_MANIFEST, self.path)

    def _info(self, name: str) -> zipfile.ZipInfo:
        found = [info for info in self._archive.infolist() if info.filename == name]
        if len(found) != 1 or found[0].compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
            raise damaged(self.path, f"it has no usable {name}")
        return found[0]


@contextmanager
def open_bundle(path: Path) -> Iterator[Bundle]:
    """Open the bundle at `path`; SurroundingsFailed when it is not there, Refused when it is not whole."""
    if not path.is_file():
        raise SurroundingsFailed(f"There is no bundle {path}.", "Check the name, and that the stick is in.")
    with said_plainly(path):
        archive = zipfile.ZipFile(path)
    with archive:
        yield Bundle(path, archive)


@contextmanager
def said_plainly(path: Path) -> Iterator[None]:
    """Within this block whatever a broken zip raises leaves as one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError) as error:
        raise damaged(path, "it is cut short or has wrong bits") from error
    except OSError as error:
        raise SurroundingsFailed(f"{path} cannot be read: {error.strerror or error}.", _WRITE_AGAIN) from error


def damaged(path: Path, why: str) -> Refused:
    return Refused(f"The bundle {path} is refused: {why}. Nothing of it was taken.", _WRITE_AGAIN)


def _at_most(member: IO[bytes], limit: int, path: Path) -> bytes:
    content = member.read(limit + 1)
    if len(content) > limit:
        raise damaged(path, "its manifest is too long")
    return content
