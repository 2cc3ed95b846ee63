"""Folders of profiles: found by id, listed, each checked only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from devices.errors import ProfileError
from devices.profile.load import load_profile
from devices.profile.model import Profile

MOST_SUGGESTED = 5


class Library:
    """Profiles in several folders; an earlier folder's profile hides a later one's with the same id.

    The file of `maker.model` is `maker-model.toml`.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    def paths(self) -> Iterator[Path]:
        """Every profile's file, by file name."""
        found: dict[str, Path] = {}
        for folder in self._folders:
            for path in folder.glob("*.toml"):
                found.setdefault(path.name, path)
        yield from (found[name] for name in sorted(found))

    def path(self, id_or_path: str) -> Path:
        """The file of a profile's id, or the path itself when it names a file. Raises ProfileError."""
        if id_or_path.endswith(".toml") or "/" in id_or_path or "\\" in id_or_path:
            return Path(id_or_path)
        name = f"{id_or_path.replace('.', '-')}.toml"
        for path in self.paths():
            if path.name == name:
                return path
        raise ProfileError(f"There is no profile '{id_or_path}'.", self._suggest(id_or_path))

    def load(self, id_or_path: str) -> Profile:
        """The profile of that id or file. Raises ProfileError."""
        return load_profile(self.path(id_or_path))

    def _suggest(self, wanted: str) -> str:
        import difflib

        names = [path.stem for path in self.paths()]
        near = difflib.get_close_matches(wanted.replace(".", "-"), names, MOST_SUGGESTED, 0.4)
        return f"Did you mean {', '.join(near)}?" if near else "See the list of profiles, or give a .toml file."
