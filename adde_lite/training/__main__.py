"""Train a recipe of the package from the command line, in one process or in many.

    python -m adde_lite.training WARDROBE
    torchrun --nproc-per-node 2 -m adde_lite.training WARDROBE_STAGES
    torchrun --nnodes 2 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint HOST:29500 \
        -m adde_lite.training PAPER --split DIR --images DIR --size 224 --pretrained

On the Wardrobe, or on a split in the public ADDE format. However a run was stopped, the same command goes on.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from adde_lite import distributed, recipes, storage
from adde_lite.data import AttributeImages, official_split, wardrobe
from adde_lite.errors import InputError, unknown
from adde_lite.models.adde import AttributeEncoder, AttributeManipulator
from adde_lite.recipes import Recipe, ThreeStages
from adde_lite.stages import train_stages
from adde_lite.training.checkpoints import CheckpointError
from adde_lite.training.hardware import fabric_for
from adde_lite.training.identity import recipe_facts
from adde_lite.training.loop import train
from adde_lite.training.recipe import TrainingRecipe
from adde_lite.training.trained import seeded

GARMENTS, GARMENTS_SEED = 8_000, 0
RECIPES = {name: value for name, value in vars(recipes).items() if isinstance(value, Recipe | ThreeStages)}
REFUSED = 2  # the exit status of a call that cannot be


def main(words: list[str] | None = None) -> int:
    """Train and write OUT/weights, as `adde_lite.storage` does. Bad input is one line on stderr and status 2."""
    asked = _parser().parse_args(words)
    try:
        _train(asked)
    except (InputError, CheckpointError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt as stop:
        print(stop, file=sys.stderr)
        return 130  # as shells name a Ctrl-C
    return 0


def _train(asked: argparse.Namespace) -> None:
    if asked.recipe not in RECIPES:
        raise unknown("RECIPE", "recipe", asked.recipe, RECIPES)
    recipe = RECIPES[asked.recipe]
    stage_1 = recipe if isinstance(recipe, Recipe) else recipe.encoder
    out = asked.out or Path("runs") / asked.recipe
    fabric = fabric_for(_shortened(stage_1.training, asked), asked.device)
    with fabric.rank_zero_first(local=True):  # the others of this machine find the drawn garments in the cache
        data = _data(asked)
    encoder = seeded(lambda: AttributeEncoder(data.schema, stage_1.model, pretrained=asked.pretrained), asked.seed)
    model: AttributeEncoder | AttributeManipulator
    training = _shortened(recipe.training, asked)
    if isinstance(recipe, Recipe):
        model = encoder
        train(
            encoder,
            data,
            training,
            device=asked.device,
            compiled=asked.compiled,
            checkpoint=out / "checkpoints",
            save_every=asked.save_every,
        )
    else:
        recipe = replace(
            recipe,
            encoder=replace(stage_1, training=_shortened(stage_1.training, asked)),
            training=training,
        )
        model = train_stages(
            data,
            recipe,
            seed=asked.seed,
            encoder=encoder,
            device=asked.device,
            checkpoint=out / "checkpoints",
            save_every=asked.save_every,
        )
    if distributed.rank() == 0:
        facts = recipe_facts(model, training, {"recipe": asked.recipe, "images": len(data)})
        storage.store(out / "weights", model.state_dict(), {"recipe": facts})
        print(f"weights: {out / 'weights'}")


def _shortened(training: TrainingRecipe, asked: argparse.Namespace) -> TrainingRecipe:
    return replace(training, seed=asked.seed, epochs=training.epochs if asked.epochs is None else asked.epochs)


def _data(asked: argparse.Namespace) -> AttributeImages:
    if asked.split is None:
        return wardrobe(asked.garments, GARMENTS_SEED, asked.size, progress=False)
    return official_split(asked.split, asked.images or asked.split, size=asked.size).train


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m adde_lite.training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", metavar="RECIPE", help=f"one of {', '.join(RECIPES)}")
    parser.add_argument("--split", type=Path, metavar="DIR", help="text files of a split; without, the Wardrobe")
    parser.add_argument("--images", type=Path, metavar="DIR", help="folder or zip of its images, if not the same")
    parser.add_argument("--garments", type=int, default=GARMENTS, metavar="N", help="of the Wardrobe (%(default)s)")
    parser.add_argument("--size", type=int, default=64, metavar="PX", help="of the images (%(default)s)")
    parser.add_argument("--pretrained", action="store_true", help="begin with torchvision's ImageNet weights")
    parser.add_argument("--out", type=Path, metavar="DIR", help="for checkpoints and weights (runs/RECIPE)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="of each stage, instead of the recipe's")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--save-every", type=int, metavar="STEPS", help="between checkpoints; also after each epoch")
    parser.add_argument("--compiled", action="store_true", help="compile the loss of a single stage")
    return parser


if __name__ == "__main__":
    sys.exit(main())
