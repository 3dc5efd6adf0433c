"""Training the small trunk on the Wardrobe: the course's loop beside a plain one that does the same work.

Both train the course's own recipe (`recipes.WARDROBE`) from the same JPEG files, weights, batches, views and loss
terms. Ours decodes each file once for all epochs of the recipe: an epoch is charged its share. The rows between show
what each step of the way brings; "the loop" is `train` as it is called in the notebooks, with all that it does besides.
"""

import copy
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from adde_lite.data.archive import Archive
from adde_lite.data.decode import decode_images
from adde_lite.data.images import AttributeImages
from adde_lite.data.wardrobe import wardrobe
from adde_lite.models.adde import AttributeEncoder
from adde_lite.recipes import WARDROBE, Recipe
from adde_lite.throughput import write_jpegs
from adde_lite.training import TrainingRecipe, does_bf16, seeded, train
from bench.figure import Figure
from bench.plain_loop import PlainLoop, Ways

IMAGES = 6 * WARDROBE.training.batch_size
TRIES = 3
EQUAL = 1e-4  # of a loss: both sides add up in another order
PLAIN, LOOP = "plain", "the loop"

STEPS_OF_THE_WAY = {
    PLAIN: Ways(),
    "decoded once": Ways(decoded_once=True),
    "views together": Ways(decoded_once=True, views_together=True),
    "losses together": Ways(decoded_once=True, views_together=True, losses_together=True),
    "channels last": Ways(decoded_once=True, views_together=True, losses_together=True, channels_last=True),
}


def measure() -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        return compare(Path(folder), wardrobe(IMAGES, seed=0), WARDROBE, TRIES)


def compare(folder: Path, drawn: AttributeImages, recipe: Recipe, tries: int) -> Figure:
    """Images a CPU-second of the median epoch of some, the sides in turn."""
    names = write_jpegs(folder, drawn.images)
    started = time.process_time()
    images = decode_images(Archive(folder), names, size=drawn.images.shape[-1])
    decoding = (time.process_time() - started) / recipe.training.epochs
    data = replace(drawn, images=images)
    start = seeded(lambda: AttributeEncoder(data.schema, recipe.model), recipe.training.seed)
    files, epoch = [folder / name for name in names], replace(recipe.training, epochs=1)
    ways = dict(STEPS_OF_THE_WAY)
    loops = {"the loop, float32": replace(epoch, bf16=False), LOOP: epoch}
    if does_bf16("cpu"):
        ways["bfloat16"] = replace(ways["channels last"], bf16=True)
    seconds: dict[str, list[float]] = {name: [] for name in (*ways, *loops)}
    for _ in range(1 + tries):  # the first warms up
        for name, way in ways.items():
            seconds[name].append(PlainLoop(start, files, data, epoch, way).epoch()[0] + decoding * way.decoded_once)
        for name, training in loops.items():
            seconds[name].append(_loop(start, data, training) + decoding)
    speed = {name: len(data) / median(spent[1:]) for name, spent in seconds.items()}
    return Figure(
        value=speed[LOOP],
        baseline=speed[PLAIN],
        baseline_is="the plain loop",
        unit=f"images per CPU-s, {len(data)} Wardrobe images, batches of {epoch.batch_size}",
        cost=False,
        cpu_seconds=median(seconds[LOOP][1:]),
        facts={"losses": _equal_losses(start, files, data, epoch), "decoded_once_for_epochs": recipe.training.epochs},
        rows={name: {"images/CPU-s": each, "ratio": each / speed[PLAIN]} for name, each in speed.items()},
    )


def _loop(start: AttributeEncoder, data: AttributeImages, training: TrainingRecipe) -> float:
    model = copy.deepcopy(start)
    started = time.process_time()
    train(model, data, training, device="cpu", progress=False)
    return time.process_time() - started


def _equal_losses(
    start: AttributeEncoder, files: list[Path], data: AttributeImages, training: TrainingRecipe
) -> dict[str, dict[str, float]]:
    """The terms of a first step on both sides, once they were found equal."""
    batch = data.subset(slice(training.batch_size))
    _, plain = PlainLoop(start, files[: len(batch)], batch, training, Ways()).epoch()
    history = train(copy.deepcopy(start), batch, replace(training, bf16=False), device="cpu", progress=False)
    ours = {term: history.rows[0][term] for term in plain}
    for term, loss in plain.items():
        if abs(ours[term] - loss) > EQUAL * abs(loss):
            raise AssertionError(f"{term}: {ours[term]} in the loop, {loss} in the plain one: not the same work")
    return {PLAIN: plain, LOOP: ours}
