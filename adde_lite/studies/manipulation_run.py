"""One run of a study of ADDE-M: which losses, from which memory and seed, measured on garments kept aside."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from adde_lite.data.cache import entry_folder, weights_folder
from adde_lite.data.images import AttributeImages
from adde_lite.data.wardrobe import WARDROBE, wardrobe, wardrobe_facts
from adde_lite.metrics.classification import attribute_accuracy
from adde_lite.metrics.edits import edit_effect
from adde_lite.models.adde import AttributeEncoder, AttributeManipulator, PrototypeMemory
from adde_lite.recipes import ThreeStages
from adde_lite.retrieval.evaluation import Encoded, compare_answers
from adde_lite.sampling import edit_queries
from adde_lite.stages import train_jointly
from adde_lite.training import TrainingRecipe, run_hash, seeded, train_or_load

TRAINING: dict[str, Any] = {"n": 8000, "seed": 0}
JUDGED: dict[str, Any] = {"n": 1800, "seed": 1, "variants": 6}
QUERIES = 2000
SHOWN = ("top_1", "top_10", "ndcg_target", "ndcg_others")

Start = Literal["means", "random"]


@dataclass(frozen=True)
class ManipulationRun:
    """Stage 3 from one encoder and one memory.

    Args:
        name: what tells it from the others.
        recipe: the three stages; without an epoch in the third, encoder and memory stay as they are.
        start: the memory before stage 3, class means or random numbers.
        seed: of all stages.
    """

    name: Mapping[str, str | float]
    recipe: ThreeStages
    start: Start
    seed: int

    @property
    def hash(self) -> str:
        facts = {
            "encoder": run_hash(self._untrained(), self._encoder_training, wardrobe_facts(**TRAINING)),
            "judged": wardrobe_facts(**JUDGED) | {"queries": QUERIES},
            "start": self.start,
            "triplets": [self.recipe.triplets, *self.recipe.edits],
        }
        memory = PrototypeMemory(WARDROBE, self.recipe.encoder.model.d)
        manipulator = AttributeManipulator(self._untrained(), memory, self.recipe.manipulation)
        return run_hash(manipulator, replace(self.recipe.training, seed=self.seed), facts)

    def prepare(self) -> None:
        """Draw the garments and train the encoder of this seed."""
        wardrobe(**JUDGED)
        self.encoder()

    def encoder(self, *, progress: bool = True) -> AttributeEncoder:
        """The encoder after stage 1: that of the course for seed 0, others from the cache or trained."""
        facts = wardrobe_facts(**TRAINING)
        folder = weights_folder("wardrobe_encoder")
        if self.seed:
            digest = {"run": run_hash(self._untrained(), self._encoder_training, facts)}
            folder = entry_folder(f"wardrobe_encoder-{self.seed}", digest)
        data = partial(wardrobe, **TRAINING, progress=progress)
        encoder, _ = train_or_load(folder, self._untrained, data, self._encoder_training, facts, progress=progress)
        return encoder

    def memory(self, encoder: AttributeEncoder, data: AttributeImages) -> PrototypeMemory:
        """The memory before stage 3."""
        if self.start == "random":
            return seeded(partial(PrototypeMemory, WARDROBE, self.recipe.encoder.model.d), self.seed)
        return PrototypeMemory.of_means(encoder.embed(data.images), data.labels, WARDROBE)

    def trained(self, *, progress: bool = True) -> AttributeManipulator:
        """Encoder and memory after stage 3."""
        encoder, data = self.encoder(progress=progress), wardrobe(**TRAINING, progress=progress)
        return train_jointly(encoder, self.memory(encoder, data), data, self.recipe, seed=self.seed, progress=progress)

    def measure(self) -> dict[str, float]:
        """Train it and measure it."""
        return scores(self.trained(progress=False))

    @property
    def _encoder_training(self) -> TrainingRecipe:
        return replace(self.recipe.encoder.training, seed=self.seed)

    def _untrained(self) -> AttributeEncoder:
        return AttributeEncoder(WARDROBE, self.recipe.encoder.model)


def scores(manipulator: AttributeManipulator) -> dict[str, float]:
    """What encoder and memory do with garments they were not trained on: reading, editing, finding."""
    clothes = wardrobe(**JUDGED, progress=False)
    encoder, memory = manipulator.encoder, manipulator.memory
    embeddings = encoder.embed(clothes.images)
    residual = edit_effect(encoder, memory, embeddings, clothes.labels, "add")
    swapped = edit_effect(encoder, memory, embeddings, clothes.labels, "swap")
    queries = edit_queries(clothes.labels, clothes.labels, WARDROBE, limit=QUERIES, seed=0)
    encoded = Encoded(embeddings, encoder.predict(embeddings), clothes.labels)
    answers = compare_answers(encoded, encoded, queries, memory, WARDROBE)
    return {
        "accuracy": float(attribute_accuracy(encoder.classify(embeddings), clothes.labels).mean()),
        "nearest prototype": float(attribute_accuracy(memory.nearest(embeddings), clothes.labels).mean()),
        "off-block share": memory.off_block_share,
        "new value, add": residual.new_value,
        "others kept, add": residual.others_kept,
        "all others kept, add": residual.all_others_kept,
        "new value, swap": swapped.new_value,
        "others kept, swap": swapped.others_kept,
        **{f"{row}, {metric}": answers[row][metric] for row in answers for metric in SHOWN},
    }
