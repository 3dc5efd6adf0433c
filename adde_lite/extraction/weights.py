"""An encoder made again from the weights that a training has kept."""

from pathlib import Path

from adde_lite import storage
from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError, unknown
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe

ENCODER, MANIPULATOR = "AttributeEncoder", "AttributeManipulator"


def stored_encoder(folder: str | Path) -> AttributeEncoder:
    """The encoder whose weights stand in `folder`, alone or as a part of a manipulator.

    Args:
        folder: as `train_or_load` writes it, with the recipe and the schema among its facts.

    Raises:
        InputError: no weights there, damaged ones, those of another model, or facts that do not make it.
    """
    folder = Path(folder)
    if not storage.stored(folder):
        raise InputError(str(folder), "no weights there", "a folder that train_or_load has written", "Check the path.")
    tensors, facts = storage.load(folder)
    try:
        recipe = dict(facts["recipe"]["model"])
        kind = recipe.pop("class")
        if kind not in (ENCODER, MANIPULATOR):
            raise unknown(str(folder), "model", kind, (ENCODER, MANIPULATOR))
        if kind == MANIPULATOR:
            recipe = recipe["encoder"]
            tensors = {
                name.removeprefix("encoder."): value for name, value in tensors.items() if name.startswith("encoder.")
            }
        schema = AttributeSchema.from_json(facts["recipe"]["schema"])
        encoder = AttributeEncoder(schema, EncoderRecipe(**recipe | {"widths": tuple(recipe["widths"])}))
        encoder.load_state_dict(tensors)
    except (KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())  # torch's has a line for each tensor
        given = f"facts that do not make a model ({type(error).__name__}: {reason})"
        remedy = "Name a folder that train_or_load has written with this version."
        raise InputError(str(folder), given, "the recipe, schema and weights of an encoder", remedy) from error
    return encoder.eval()
