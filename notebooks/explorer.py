"""The explorer as a page of its own: `make explorer`.

Python runs this file first, and sees to what the page needs: what is kept is loaded, the rest is drawn and trained,
with bars that show how far it is. Then Voila runs it for every visitor and shows what its last line returns.
"""

import torch
from ipywidgets import HTML, VBox

import adde_lite
from adde_lite import Gallery, PrototypeMemory, widgets
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.recipes import WARDROBE_STAGES
from adde_lite.studies.manipulation_run import ManipulationRun

SIDE = 128  # pixels of the garments shown; those embedded have 64
OFFERED = 30  # garments to choose from
TITLE = """
<h1>This garment, but &hellip;</h1>
<p>Choose a garment and move an attribute to another value: what is found follows. The strength goes from the garment as
it is to the edit in full; edits may count more often than the rest. Tab and the arrow keys are enough; Home and End
take a slider to its ends.</p>
"""


def page() -> VBox:
    """A title, and the explorer over garments that nothing was trained on, by encoder and memory of the course."""
    torch.set_num_threads(1)  # so few scores lose more by shared work than they gain
    profile = adde_lite.profile()
    drawer, shown = (
        adde_lite.wardrobe(profile.pick(tiny=480, cpu=1800, gpu=1800), seed=1, size=size, variants=6)
        for size in (64, SIDE)
    )
    run = ManipulationRun({}, WARDROBE_STAGES, "means", 0)
    if profile.name == "tiny":  # the same page, without the training
        encoder = run.encoder()
        embeddings = encoder.embed(drawer.images)
        memory = PrototypeMemory.of_means(embeddings, drawer.labels, WARDROBE)
    else:
        manipulator = run.kept()
        embeddings, memory = manipulator.encoder.embed(drawer.images), manipulator.memory
    gallery = Gallery(embeddings, drawer.labels, WARDROBE, memory)
    offered = range(0, len(drawer), len(drawer) // OFFERED)
    return VBox([HTML(TITLE), widgets.explorer(gallery, shown.images, offered)])


page()
