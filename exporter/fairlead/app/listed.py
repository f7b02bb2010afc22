"""The files of one model in the prediction log, as the engines ask for them."""

from dataclasses import dataclass
from pathlib import Path

from fairlead.core.plan import Window
from fairlead.engines.batch import microseconds
from fairlead.store.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Listed:
    """Lists, in one look at the manifest, the files that may hold rows of a window."""

    model: str
    kind: str
    folder: str
    manifest: Manifest

    def __call__(self, window: Window | None) -> list[Path]:
        first, end = microseconds(window) if window else (None, None)
        last = None if end is None else end - 1
        return [Path(self.folder, file.name) for file in self.manifest.listed(self.model, self.kind, first, last)]
