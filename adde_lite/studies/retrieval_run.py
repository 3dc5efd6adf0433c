"""One run of a study of retrieval: ADDE-M beside every other way to answer, in several galleries."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from torch import Tensor

from adde_lite.data.images import AttributeImages
from adde_lite.data.wardrobe import WARDROBE, factor_grid, wardrobe, wardrobe_facts
from adde_lite.metrics.intervals import bootstrap_intervals
from adde_lite.models.adde import AttributeEncoder, PrototypeMemory
from adde_lite.recipes import ThreeStages
from adde_lite.retrieval.answers import Answers
from adde_lite.retrieval.evaluation import Encoded, Row, Stage, answer_queries
from adde_lite.retrieval.nearest import nearest
from adde_lite.retrieval.weighting import WEIGHTS, Scaling, best_weight, scaled, weighted_search
from adde_lite.sampling import Queries, edit_queries
from adde_lite.stages import train_jointly
from adde_lite.studies.manipulation_run import ManipulationRun

QUERIES = 2000
CUTOFFS = (1, 10, 30)
BRIEF_STOCK, BRIEF_TRIPLETS = 600, 64
SHOWN = ("top_1", "top_10", "ndcg", "ndcg_target", "ndcg_others")
WEIGHED: tuple[Row, ...] = ("classifier_probability", "embedding", "residual")
EDITING: Mapping[Row, Any] = {"embedding": "swap", "residual": "add"}
SCALINGS: tuple[Scaling, ...] = ("blocks", "none")
COMPARED = (
    ("residual", "unedited"),
    ("residual", "mean_memory"),
    ("embedding", "mean_memory_swap"),
    ("residual", "classifier_probability"),
    ("embedding", "classifier_probability"),
    ("embedding, weighted", "classifier_probability"),
    ("residual, weighted", "classifier_probability"),
    ("embedding, weighted", "classifier_probability, weighted"),
    ("residual, weighted", "classifier_probability, weighted"),
)
DECIDES = ("top_1", "ndcg_target", "ndcg")


@dataclass(frozen=True)
class Drawer:
    """A gallery.

    Args:
        n, seed, variants, correlation: as in `wardrobe`.
        grid: dresses in every combination of five attributes in place of all that.
    """

    n: int = 1800
    seed: int = 1
    variants: int = 6
    correlation: float = 0.0
    grid: bool = False

    def images(self, *, progress: bool = True) -> AttributeImages:
        """The pictures, drawn or from the cache."""
        if self.grid:
            return factor_grid(progress=progress)
        return wardrobe(self.n, self.seed, correlation=self.correlation, variants=self.variants, progress=progress)


CHOSEN_ON = Drawer(900, seed=5)
"""Garments that choose the weights of edited blocks and judge nothing."""


@dataclass(frozen=True)
class Setting:
    """What is asked of a gallery.

    Args:
        drawer: the gallery, which the references stand in.
        edits: how many attributes change at once.
        references: only the first so many garments are edited; None takes all.
        exclude_self: a garment does not find itself.
    """

    drawer: Drawer
    edits: int = 1
    references: int | None = None
    exclude_self: bool = False

    def queries(self, images: AttributeImages) -> Queries:
        """At most 2,000 edits with an exact answer among the references."""
        labels = images.labels[: self.references]
        return edit_queries(labels, labels, WARDROBE, edits=self.edits, limit=QUERIES, seed=0)


@dataclass(frozen=True, eq=False)
class Trained:
    """Encoder and memory, before and after stage 3."""

    encoder_before: AttributeEncoder
    memory_before: PrototypeMemory
    encoder: AttributeEncoder
    memory: PrototypeMemory

    def stages(self, images: AttributeImages) -> tuple[Stage, Stage]:
        """The images as gallery and references, before and after stage 3."""
        old, new = (encoded(encoder, images) for encoder in (self.encoder_before, self.encoder))
        return Stage(old, old, self.memory_before), Stage(new, new, self.memory)

    def weights(self, *, progress: bool = True) -> dict[str, float]:
        """The best weight of the edited blocks for the rows of `WEIGHED`, on garments that judge nothing."""
        images = CHOSEN_ON.images(progress=progress)
        _, after = self.stages(images)
        queries = Setting(CHOSEN_ON).queries(images)
        return {row: best_weight(row, after, queries) for row in WEIGHED}


def encoded(encoder: AttributeEncoder, images: AttributeImages) -> Encoded:
    """Images after an encoder."""
    embeddings = encoder.embed(images.images)
    return Encoded(embeddings, encoder.predict(embeddings), images.labels)


def answered(
    before: Stage | None,
    after: Stage,
    queries: Queries,
    weights: Mapping[str, float],
    *,
    exclude_self: bool = False,
) -> Answers:
    """All rows of `answer_queries`, and those of `WEIGHED` once more with the edited blocks weighted.

    Args:
        before, after: the gallery, by the two stages of training; without the first, no mean-memory rows.
        queries: of that gallery.
        weights: row -> weight of the edited blocks.
        exclude_self: as in `answer_queries`.
    """
    once = answer_queries(
        after.references,
        after.gallery,
        queries,
        after.memory,
        after.memory.schema,
        before=before,
        exclude_self=exclude_self,
        cutoffs=CUTOFFS,
    )
    found = {
        f"{row}, weighted": weighted_search(row, after, queries, weights[row], CUTOFFS[-1], exclude_self=exclude_self)
        for row in WEIGHED
    }
    return _with(once, found, after, queries, exclude_self=exclude_self)


@dataclass(frozen=True)
class RetrievalRun:
    """Train by three stages, then answer queries in every setting.

    Args:
        name: what tells it from the others.
        recipe: the three stages.
        seed: of all stages.
        settings: by name. The first is looked at more closely: scalings, weights, intervals.
    """

    name: Mapping[str, str | float]
    recipe: ThreeStages
    seed: int
    settings: Mapping[str, Setting]

    @property
    def hash(self) -> str:
        facts = {
            "trained": self._training.hash,
            "settings": {name: asdict(setting) for name, setting in self.settings.items()},
            "chosen_on": asdict(CHOSEN_ON),
            "asked": [QUERIES, CUTOFFS, WEIGHTS],
            "drawing": wardrobe_facts(),
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def prepare(self) -> None:
        """Draw the garments, train the encoder of this recipe and seed and fill its memory."""
        for drawer in {CHOSEN_ON, *(setting.drawer for setting in self.settings.values())}:
            drawer.images()
        self._training.prepare()

    def trained(self, *, progress: bool = True) -> Trained:
        """Encoder and memory before and after stage 3."""
        joint = self._training.trained(progress=progress)
        before, means = self._training.encoder(progress=progress), self._training.memory(progress=progress)
        return Trained(before, means, joint.encoder, joint.memory)

    def trained_briefly(self, *, progress: bool = True) -> Trained:
        """The same from a few garments and one short epoch of stage 3: enough to see that all runs, no more."""
        encoder, stock = self._training.encoder(progress=progress), wardrobe(BRIEF_STOCK, seed=0, progress=progress)
        means = PrototypeMemory.of_means(encoder.embed(stock.images), stock.labels, WARDROBE)
        brief = replace(self.recipe, triplets=BRIEF_TRIPLETS, training=replace(self.recipe.training, epochs=1))
        joint = train_jointly(encoder, means, stock, brief, seed=self.seed, progress=progress)
        return Trained(encoder, means, joint.encoder, joint.memory)

    def measure(self) -> dict[str, float]:
        """Train it and ask it."""
        trained = self.trained(progress=False)
        weights = trained.weights(progress=False)

        @cache
        def gallery(drawer: Drawer) -> tuple[AttributeImages, Stage, Stage]:
            images = drawer.images(progress=False)
            return images, *trained.stages(images)

        row = {f"weight, {name}": weight for name, weight in weights.items()}
        for number, (name, setting) in enumerate(self.settings.items()):
            images, before, after = gallery(setting.drawer)
            queries = setting.queries(images)
            answers = answered(before, after, queries, weights, exclude_self=setting.exclude_self)
            row[f"{name}, queries"] = len(queries)
            if not number:
                answers = _with(answers, _closer(after, queries), after, queries)
                row |= _intervals(
                    name, {way: each for way, each in answers.scores.items() if " weight " not in way}, answers
                )
            row |= _intervals(name, _differences(answers), answers)
            row |= {
                f"{name}, {way}, {measure}": means[measure]
                for way, means in answers.means().items()
                for measure in SHOWN
            }
        return row

    @property
    def _training(self) -> ManipulationRun:
        return ManipulationRun(self.name, self.recipe, "means", self.seed)


def _closer(after: Stage, queries: Queries) -> dict[str, Any]:
    """What is found with other scalings, and with every weight of the edited blocks."""
    indicator, found = queries.indicator(WARDROBE, after.references.labels), {}
    for row, how in EDITING.items():
        sought = after.memory.edit(after.references.embeddings[queries.reference], indicator, how).detach()
        for scaling in SCALINGS:
            vectors = scaled(sought, after.gallery.embeddings, scaling)
            found[f"{row}, scaling {scaling}"] = nearest(*vectors, CUTOFFS[-1])
    for row in WEIGHED:
        for weight in WEIGHTS:
            found[f"{row}, weight {weight:g}"] = weighted_search(row, after, queries, weight, CUTOFFS[-1])
    return found


def _with(
    answers: Answers, found: Mapping[str, Any], after: Stage, queries: Queries, *, exclude_self: bool = False
) -> Answers:
    """The answers and some more of the same queries."""
    more = Answers.judged(found, after.gallery.labels, queries, CUTOFFS, exclude_self=exclude_self)
    return Answers({**answers.found, **more.found}, {**answers.scores, **more.scores}, answers.reference)


def _differences(answers: Answers) -> dict[str, dict[str, Tensor]]:
    """What one row has more than another, query by query, for the pairs that decide something."""
    return {
        f"{row} - {other}": {key: answers.scores[row][key] - answers.scores[other][key] for key in DECIDES}
        for row, other in COMPARED
    }


def _intervals(name: str, told: Mapping[str, Mapping[str, Tensor]], answers: Answers) -> dict[str, float]:
    """Both ends of the bootstrap interval of each mean."""
    ends = {}
    for way, values in told.items():
        intervals = bootstrap_intervals({key: values[key] for key in DECIDES}, groups=answers.reference)
        for measure, interval in intervals.items():
            ends[f"{name}, {way}, {measure}, low"], ends[f"{name}, {way}, {measure}, high"] = interval
    return ends
