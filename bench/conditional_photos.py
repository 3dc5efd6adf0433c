"""Similar in what, on real photos: triplet accuracy for each headline attribute of the fashion_products pack.

Models are those of the study `conditional`, trained on the train split alone; triplets are of the gallery split.
"""

import time

from torch import Tensor

from adde_lite.data.fashion_products import ATTRIBUTES, PACK, fashion_products
from adde_lite.metrics.conditional import label_blocks, pixel_blocks, triplet_accuracy
from adde_lite.sampling import conditional_triplets
from adde_lite.studies import conditional
from bench.figure import DATA, Figure, NotHereError

COMPARED = (conditional.PLAIN, conditional.LEARNED, conditional.ADDE)


def measure() -> Figure:
    photos = fashion_products(folder=DATA)
    if photos is None:
        raise NotHereError(f"no {DATA / PACK}; set ADDE_LITE_DATA to the folder that holds it")
    training, gallery = photos.where(split="train"), photos.where(split="gallery")
    triplets = conditional_triplets(gallery.labels, gallery.schema, seed=0)

    def row(blocks: Tensor) -> dict[str, float]:
        accuracy = triplet_accuracy(blocks, triplets)
        return dict(zip(ATTRIBUTES, accuracy.tolist(), strict=True)) | {"mean": float(accuracy.mean())}

    started, rows = time.process_time(), {"chance": dict.fromkeys((*ATTRIBUTES, "mean"), 0.5)}
    rows["pixels"] = row(pixel_blocks(gallery.images, gallery.schema.A))
    for model in COMPARED:
        rows[model] = row(conditional.run(model, 0).trained_on(training, progress=False).embed(gallery.images))
    spent = time.process_time() - started
    rows["label oracle"] = row(label_blocks(gallery.labels, gallery.schema))
    return Figure(
        value=rows[conditional.ADDE]["mean"],
        baseline=rows["pixels"]["mean"],
        baseline_is="pixels, one space for all conditions",
        unit="mean triplet accuracy",
        cost=False,
        cpu_seconds=spent,
        facts={"photos": {"train": len(training), "gallery": len(gallery)}, "triplets": len(triplets)},
        rows=rows,
    )
