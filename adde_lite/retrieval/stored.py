"""A gallery on disk: one verified folder, which knows the model that its embeddings come from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from adde_lite import storage
from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.models.fingerprint import Embeds, fingerprint

FORMAT = 1  # of the folder; another number is another layout
REMEDY = "Embed the images again and save the gallery."
SHOWN = 12  # digits of a fingerprint in a message


def write(
    folder: Path,
    tensors: Mapping[str, Tensor],
    schema: AttributeSchema,
    ids: tuple[str, ...] | None,
    model: str | None,
) -> None:
    """Write a gallery's tensors and facts into `folder`, replacing what was there."""
    facts = {"gallery": FORMAT, "schema": schema.to_json(), "ids": ids, "model": model}
    storage.store(folder, tensors, facts)


def read(
    folder: Path, model: Embeds | str | None
) -> tuple[dict[str, Tensor], AttributeSchema, list[str] | None, str | None]:
    """Tensors, memory-mapped, and schema, ids and fingerprint of a stored gallery.

    Args:
        folder: as given to `write`.
        model: the model that it must be of, or its fingerprint; None takes any.

    Raises:
        InputError: no gallery there, one that is cut off or changed, or one of another model or version.
    """
    if not storage.stored(folder):
        raise InputError(str(folder), "no gallery there", "a folder that Gallery.save has written", "Check the path.")
    _check(folder, storage.facts(folder), model)  # first, because the tensors may take minutes to verify
    tensors, facts = storage.load(folder)
    _check(folder, facts, model)  # again, for what may have been saved here meanwhile
    return tensors, AttributeSchema.from_json(facts["schema"]), facts["ids"], facts["model"]


def _check(folder: Path, facts: Mapping[str, Any], model: Embeds | str | None) -> None:
    """Raise InputError unless these are facts of a gallery of this model."""
    if facts.get("gallery") != FORMAT:
        given = f"format {facts['gallery']!r}" if "gallery" in facts else "something else than a gallery"
        raise InputError(str(folder), given, f"a gallery of format {FORMAT}", REMEDY)
    wanted = model if model is None or isinstance(model, str) else fingerprint(model)
    if wanted is not None and facts["model"] != wanted:
        given = "embeddings of " + (f"model {facts['model'][:SHOWN]}..." if facts["model"] else "an unnamed model")
        raise InputError(str(folder), given, f"those of model {wanted[:SHOWN]}...", REMEDY)
