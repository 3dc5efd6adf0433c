"""The last two checkpoints of a run: whole or refused, and the one before when the newest is damaged.

A run's folder holds `step-0000000120`, `step-0000000080`: each a folder as `adde_lite.storage` writes it, without
pickle, with the sha256 of every file, and renamed into place when it is complete.
"""

import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from adde_lite import storage
from adde_lite.errors import InputError

KEPT = 2
FORMAT = 1  # of what a checkpoint holds; another number is another layout
STEP = "step-{:010d}"


class CheckpointError(Exception):
    """A checkpoint that cannot be used or written.

    Args:
        path: its folder.
        reason: what is the matter.
        remedy: one sentence that tells how to go on.
    """

    def __init__(self, path: Path, reason: str, remedy: str) -> None:
        super().__init__(path, reason, remedy)  # all three, so that it pickles across processes
        self.path, self.reason, self.remedy = path, reason, remedy

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}. {self.remedy}"


class Checkpoint(NamedTuple):
    """What was read: the step it was written after, tensors by name, and facts."""

    step: int
    tensors: dict[str, Tensor]
    facts: dict[str, Any]


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: theirs alone; made when missing.
        recipe: everything that decides the run, as JSON-able facts; a checkpoint of another recipe is refused.

    Raises:
        CheckpointError: the folder cannot be made, or holds something else.
    """

    def __init__(self, folder: Path, recipe: Mapping[str, Any]) -> None:
        self.folder = folder
        self.recipe = json.loads(json.dumps(recipe))  # as it will be read: lists for tuples
        remedy = "Name a folder that is the run's own."
        try:
            folder.mkdir(parents=True, exist_ok=True)
            strange = [path for path in folder.iterdir() if not path.name.startswith((STEP[:5], "."))]
        except OSError as error:
            raise CheckpointError(folder, f"cannot be a folder ({error.strerror})", remedy) from error
        if strange:
            raise CheckpointError(folder, f"not a folder of checkpoints: it holds {strange[0].name}", remedy)

    def save(self, step: int, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> Path:
        """Write a checkpoint and drop all but the last two. Until it is whole, the one before stands untouched.

        Raises:
            CheckpointError: it cannot be written, as on a full disk.
        """
        path = self.folder / STEP.format(step)
        storage.clear_drafts(self.folder, "step")  # whichever step it was
        try:
            storage.store(path, tensors, {"format": FORMAT, "recipe": self.recipe, **facts})
        except OSError as error:
            kept = self.steps()
            stands = f"the one of step {kept[-1]} is whole" if kept else "there is none before it"
            remedy = "Free some space or mend the folder's rights, then make the same call: it goes on from there."
            raise CheckpointError(path, f"not written ({error.strerror or error}); {stands}", remedy) from error
        for old in self.steps()[:-KEPT]:
            shutil.rmtree(self.folder / STEP.format(old), ignore_errors=True)
        return path

    def steps(self) -> list[int]:
        """The steps of which there are checkpoints, whole or not, in order."""
        numbers = [path.name.removeprefix(STEP[:5]) for path in self.folder.glob(f"{STEP[:5]}*")]
        return sorted(int(number) for number in numbers if number.isdigit())

    def newest(self) -> Checkpoint | None:
        """The newest whole checkpoint, None where there is none at all.

        A damaged one is passed over with a warning, for the one before it.

        Raises:
            CheckpointError: all are damaged, or the newest whole one is of another recipe or format.
        """
        damaged: CheckpointError | None = None
        for step in reversed(self.steps()):
            try:
                return self.load(step)
            except CheckpointError as error:
                if not isinstance(error.__cause__, InputError):
                    raise
                damaged = error
                warnings.warn(f"a damaged checkpoint is passed over for the one before. {error}", stacklevel=2)
        if damaged:
            remedy = "No other is whole: delete the folder to start anew."
            raise CheckpointError(damaged.path, damaged.reason, remedy) from damaged
        return None

    def load(self, step: int) -> Checkpoint:
        """One checkpoint, every byte verified.

        Raises:
            CheckpointError: damaged (its cause is an InputError), or of another recipe or format.
        """
        path = self.folder / STEP.format(step)
        try:
            tensors, facts = storage.load(path)
        except InputError as error:
            reason = f"damaged: {Path(error.where).name} has {error.given}, not {error.expected}"
            raise CheckpointError(path, reason, "Delete it, or put an unharmed copy there.") from error
        if facts.get("format") != FORMAT:
            reason = f"written in format {facts.get('format')!r}, this version reads {FORMAT}"
            raise CheckpointError(path, reason, "Go on with the version that wrote it, or start in another folder.")
        if facts["recipe"] != self.recipe:
            reason = f"a run of another recipe ({_first_difference(facts['recipe'], self.recipe)})"
            raise CheckpointError(path, reason, "Train into another folder, or delete this one to start anew.")
        return Checkpoint(step, tensors, facts)


def _first_difference(stored: Any, wanted: Any, place: str = "") -> str:  # noqa: ANN401 - anything JSON can hold
    """Where two recipes part, such as `training.learning_rate 0.004 there, 0.001 here`."""
    if isinstance(stored, Mapping) and isinstance(wanted, Mapping):
        for name in sorted({*stored, *wanted}):
            if stored.get(name) != wanted.get(name):
                return _first_difference(stored.get(name), wanted.get(name), f"{place}.{name}".lstrip("."))
    return f"{place} {stored!r} there, {wanted!r} here"
