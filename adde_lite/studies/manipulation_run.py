"""One run of a study of ADDE-M: which losses, from which memory and seed, measured on garments kept aside."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from torch import Tensor

from adde_lite.data.cache import Entry, entry_folder, remembered, weights_folder
from adde_lite.data.wardrobe import WARDROBE, wardrobe, wardrobe_facts
from adde_lite.metrics.classification import attribute_accuracy
from adde_lite.metrics.edits import edit_effect
from adde_lite.models.adde import AttributeEncoder, AttributeManipulator, PrototypeMemory
from adde_lite.recipes import WARDROBE_STAGES, ThreeStages
from adde_lite.retrieval.evaluation import Encoded, compare_answers
from adde_lite.sampling import edit_queries
from adde_lite.stages import train_jointly
from adde_lite.training import TrainingRecipe, run_hash, seeded, train_or_load

TRAINING: dict[str, Any] = {"n": 8000, "seed": 0}
JUDGED: dict[str, Any] = {"n": 1800, "seed": 1, "variants": 6}
COMMITTED = weights_folder("wardrobe_encoder")
QUERIES = 2000
EVERY = 3  # each third garment gets all its edits: tens of thousands
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
            **self._stage_1,
            "judged": wardrobe_facts(**JUDGED) | {"queries": QUERIES, "edited": EVERY},
            "start": self.start,
            "triplets": [self.recipe.triplets, *self.recipe.edits],
        }
        return run_hash(self._manipulator(), replace(self.recipe.training, seed=self.seed), facts)

    @property
    def encoder_hash(self) -> str:
        """A digest of everything that decides the encoder after stage 1."""
        return run_hash(self._untrained(), self._encoder_training, wardrobe_facts(**TRAINING))

    def prepare(self) -> None:
        """Draw the garments, train the encoder of this seed and fill its memory."""
        wardrobe(**JUDGED)
        self.encoder()
        self.memory()

    def encoder(self, *, progress: bool = True) -> AttributeEncoder:
        """The encoder after stage 1: that of the course for its recipe and seed 0, others from the cache or trained."""
        of_course = self.recipe.encoder == WARDROBE_STAGES.encoder and not self.seed
        folder = COMMITTED if of_course else entry_folder(f"wardrobe_encoder-{self.seed}", self._stage_1)
        facts, data = wardrobe_facts(**TRAINING), partial(wardrobe, **TRAINING, progress=progress)
        encoder, _ = train_or_load(folder, self._untrained, data, self._encoder_training, facts, progress=progress)
        return encoder

    def memory(self, *, progress: bool = True) -> PrototypeMemory:
        """The memory before stage 3; the class means of an encoder are kept in the cache."""
        memory = seeded(partial(PrototypeMemory, WARDROBE, self.recipe.encoder.model.d), self.seed)
        if self.start == "means":

            def means() -> Entry:
                data = wardrobe(**TRAINING, progress=progress)
                embeddings = self.encoder(progress=progress).embed(data.images)
                return PrototypeMemory.of_means(embeddings, data.labels, WARDROBE).state_dict(), {}

            memory.load_state_dict(remembered(f"wardrobe_means-{self.seed}", self._stage_1, means)[0])
        return memory

    def trained(self, *, progress: bool = True) -> AttributeManipulator:
        """Encoder and memory after stage 3."""
        encoder, memory = self.encoder(progress=progress), self.memory(progress=progress)
        data = wardrobe(**TRAINING, progress=progress)
        return train_jointly(encoder, memory, data, self.recipe, seed=self.seed, progress=progress)

    def kept(self, *, progress: bool = True) -> AttributeManipulator:
        """Encoder and memory after stage 3 from the cache, or trained and put there."""

        def stage_3() -> Entry:
            return self.trained(progress=progress).state_dict(), {}

        manipulator = self._manipulator()
        weights, _ = remembered(f"wardrobe_stages-{self.seed}", {"run": self.hash}, stage_3)
        manipulator.load_state_dict(weights)
        return manipulator.eval()

    def measure(self) -> dict[str, float]:
        """Train it and measure it."""
        return scores(self.trained(progress=False))

    @property
    def _encoder_training(self) -> TrainingRecipe:
        return replace(self.recipe.encoder.training, seed=self.seed)

    @property
    def _stage_1(self) -> dict[str, str]:
        return {"run": self.encoder_hash}

    def _manipulator(self) -> AttributeManipulator:
        memory = PrototypeMemory(WARDROBE, self.recipe.encoder.model.d)
        return AttributeManipulator(self._untrained(), memory, self.recipe.manipulation)

    def _untrained(self) -> AttributeEncoder:
        return AttributeEncoder(WARDROBE, self.recipe.encoder.model)


def scores(manipulator: AttributeManipulator) -> dict[str, float]:
    """What encoder and memory do with garments they were not trained on: reading, editing, finding."""
    clothes = wardrobe(**JUDGED, progress=False)
    encoder, memory = manipulator.encoder, manipulator.memory
    embeddings = encoder.embed(clothes.images)
    queries = edit_queries(clothes.labels, clothes.labels, WARDROBE, limit=QUERIES, seed=0)
    encoded = Encoded(embeddings, encoder.predict(embeddings), clothes.labels)
    answers = compare_answers(encoded, encoded, queries, memory, WARDROBE)
    return {
        "accuracy": float(attribute_accuracy(encoder.classify(embeddings), clothes.labels).mean()),
        "nearest prototype": float(attribute_accuracy(memory.nearest(embeddings), clothes.labels).mean()),
        "off-block share": memory.off_block_share,
        **edit_scores(manipulator, embeddings[::EVERY], clothes.labels[::EVERY]),
        **{f"{row}, {metric}": answers[row][metric] for row in answers for metric in SHOWN},
    }


def edit_scores(manipulator: AttributeManipulator, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
    """How often edits of garments bring the new value and leave the others alone, by both ways: shares in [0, 1].

    Args:
        manipulator: its memory edits, its classifiers judge.
        embeddings: (N, A, d), as its encoder gives them.
        labels: int64 (N, A), what the garments show; every other value of each attribute is tried.
    """
    encoder, memory = manipulator.encoder, manipulator.memory
    residual, swapped = (edit_effect(encoder, memory, embeddings, labels, how) for how in ("add", "swap"))
    return {
        "new value, add": residual.new_value,
        "others kept, add": residual.others_kept,
        "all others kept, add": residual.all_others_kept,
        "new value, swap": swapped.new_value,
        "others kept, swap": swapped.others_kept,
    }
