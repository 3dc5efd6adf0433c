"""One run of the study of outfits: train a model on frozen embeddings, or take a baseline, and ask it everything."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from adde_lite.data.cache import Entry, remembered
from adde_lite.data.outfits import RULE_BOOK, Outfits, Part, rule_oracle, wardrobe_outfits
from adde_lite.data.outfits.sampling import FIRST_SEED
from adde_lite.data.wardrobe import WARDROBE, wardrobe_facts
from adde_lite.errors import InputError
from adde_lite.metrics.category_baselines import category_co_occurrence, category_popularity
from adde_lite.models.adde import AttributeEncoder
from adde_lite.models.outfits import ADDEO, ADDEORecipe, CSANet, CSANetRecipe, SiameseNet, SiameseRecipe
from adde_lite.models.outfits.label_statistics import LabelStatistics
from adde_lite.recipes import WARDROBE_STAGES
from adde_lite.retrieval.completion import Completion
from adde_lite.retrieval.option_scores import OptionScores, ScoreOptions
from adde_lite.studies.manipulation_run import ManipulationRun
from adde_lite.studies.outfit_scores import kappa_right, outfit_scores
from adde_lite.training import seeded
from adde_lite.training.outfits import OutfitTraining, train_outfits

Baseline = Literal["chance", "category popularity", "category co-occurrence", "label statistics", "rule oracle"]
NetRecipe = ADDEORecipe | CSANetRecipe | SiameseRecipe
Net = ADDEO | CSANet | SiameseNet


@dataclass(frozen=True)
class Shop:
    """Wardrobes with outfits.

    Args:
        garments: drawn for each seed, then cut into three parts by product.
        outfits: to train on.
        judged: outfits of the validation and of the test part.
        questions: of each kind, and as many sets for compatibility.
    """

    garments: int = 4000
    outfits: int = 3000
    judged: int = 1000
    questions: int = 1000

    def part(self, part: Part, seed: int, *, progress: bool = True) -> Outfits:
        """One part, drawn or from the cache."""
        count = self.outfits if part == "train" else self.judged
        return wardrobe_outfits(count, seed, part=part, garments=self.garments, progress=progress)

    def facts(self, seed: int) -> dict[str, Any]:
        """What makes the garments, the outfits and the questions what they are."""
        rules = hashlib.sha256(repr((RULE_BOOK.slots, RULE_BOOK.apart, RULE_BOOK.rules)).encode()).hexdigest()[:16]
        return asdict(self) | wardrobe_facts(n=self.garments, seed=FIRST_SEED + seed) | {"rules": rules, "seed": seed}


SHOP = Shop()


@dataclass(frozen=True)
class OutfitRun:
    """A model or baseline, on outfits of one seed.

    Args:
        name: what tells it from the others.
        model: what is trained, or the name of a baseline.
        seed: of garments, outfits, questions, the encoder, and of the model and its training.
        training: of a model.
        shop: how many of everything.
    """

    name: Mapping[str, str | float]
    model: NetRecipe | Baseline
    seed: int
    training: OutfitTraining = field(default_factory=OutfitTraining)
    shop: Shop = SHOP

    @property
    def hash(self) -> str:
        facts = self.shop.facts(self.seed) | {"encoder": _stage_1(self.seed).encoder_hash, "model": self.model}
        if not isinstance(self.model, str):
            model = {"class": type(self.model).__name__, **asdict(self.model)}
            facts |= {"model": model, "training": asdict(self._training)}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def prepare(self) -> None:
        """Draw the garments and embed them."""
        for part in get_args(Part):
            embedded(self.shop.part(part, self.seed), self.seed)

    def build(self) -> Net:
        """The model with its first weights.

        Raises:
            InputError: a baseline, which has none.
        """
        if isinstance(self.model, str):
            raise InputError("outfit run", f"the baseline {self.model!r}", "a model", "Take another run.")
        return seeded(partial(net_of, self.model), self.seed)

    def trained(self, *, progress: bool = True) -> Net:
        """The model after training, some ten CPU-seconds. Raises InputError as `build`."""
        outfits = self.shop.part("train", self.seed, progress=progress)
        model = self.build()
        train_outfits(
            model, embedded(outfits, self.seed, progress=progress), outfits, self._training, progress=progress
        )
        return model

    def measure(self) -> dict[str, float]:
        """Train it and ask it about the test part."""
        return self.scores("test")

    def scores(self, part: Part) -> dict[str, float]:
        """Train it and ask it about one part; settings are chosen on "validation"."""
        outfits = self.shop.part(part, self.seed, progress=False)
        ask = partial(outfit_scores, outfits=outfits, count=self.shop.questions, seed=self.seed)
        if isinstance(self.model, str):
            training = self.shop.part("train", self.seed, progress=False)
            return ask(judge_of(self.model, training, outfits, self.seed))
        model = self.trained(progress=False)
        found = ask(Completion(model, embedded(outfits, self.seed, progress=False), outfits.categories))
        return found | kappa_right(model) if isinstance(model, ADDEO) else found

    @property
    def _training(self) -> OutfitTraining:
        return replace(self.training, seed=self.seed)


def net_of(recipe: NetRecipe) -> Net:
    """An untrained model for a recipe."""
    if isinstance(recipe, ADDEORecipe):
        return ADDEO(WARDROBE, recipe)
    return CSANet(recipe) if isinstance(recipe, CSANetRecipe) else SiameseNet(recipe)


def encoder_of(seed: int, *, progress: bool = True) -> AttributeEncoder:
    """The encoder that embeds garments: that of the course for seed 0, others from the cache or trained."""
    return _stage_1(seed).encoder(progress=progress)


def embedded(outfits: Outfits, seed: int, *, progress: bool = True) -> Tensor:
    """Embeddings of a stock by the encoder of this seed, float (N, A, d), computed or from the cache."""
    stock = outfits.stock

    def make() -> Entry:
        return {"embeddings": encoder_of(seed, progress=progress).embed(stock.images)}, {}

    digest = hashlib.sha256(stock.images.numpy().tobytes()).hexdigest()[:16]
    recipe = {"encoder": _stage_1(seed).encoder_hash, "images": digest}
    return remembered(f"outfit_embeddings-{seed}", recipe, make)[0]["embeddings"]


def judge_of(name: Baseline, training: Outfits, outfits: Outfits, seed: int) -> OptionScores:
    """A baseline that answers about `outfits`.

    Args:
        name: which.
        training: what it counts in, if it counts.
        outfits: what is asked about.
        seed: of the encoder that reads garments for the label statistics.
    """
    return OptionScores(_baseline(name, training, outfits, seed), outfits.categories)


def _stage_1(seed: int) -> ManipulationRun:
    return ManipulationRun({}, WARDROBE_STAGES, "means", seed)


def _baseline(name: Baseline, training: Outfits, outfits: Outfits, seed: int) -> ScoreOptions:
    """How a baseline scores options."""
    labels, categories = outfits.stock.labels, outfits.categories
    if name == "chance":
        return lambda given, options: torch.zeros(options.shape)
    if name == "rule oracle":
        return partial(rule_oracle, RULE_BOOK, labels)
    worn = training.categories_of(training.items)
    if name == "category popularity":
        return lambda given, options: category_popularity(worn, categories[options])
    if name == "category co-occurrence":
        return lambda given, options: category_co_occurrence(worn, outfits.categories_of(given), categories[options])
    encoder = encoder_of(seed, progress=False)
    read, asked = (encoder.predict(embedded(some, seed, progress=False)) for some in (training, outfits))
    counted = LabelStatistics(WARDROBE, read, training.categories, training.items)
    return partial(counted.option_scores, asked, categories)
