"""Notebook 06: the other blocks pull back, adding needs the old value, and a weight trades."""

from functools import cache

from adde_lite.data.wardrobe import WARDROBE
from adde_lite.retrieval.evaluation import Encoded, Row, Stage, row_vectors
from adde_lite.retrieval.nearest import nearest
from adde_lite.retrieval.weighting import weighted_search
from claims import clothes
from claims.claim import Claim, Numbers

NOTEBOOK = "06_retrieval_evaluation"
HEAVY = 4.0
GAINED, LOST = "new value (NDCG) gained", "the rest (NDCG) lost"


@cache
def _stage() -> Stage:
    """The drawer as references and gallery, and class means."""
    embeddings = clothes.drawer_embeddings()
    side = Encoded(embeddings, clothes.encoder().predict(embeddings), clothes.drawer().labels)
    return Stage(side, side, clothes.means(clothes.stock_embeddings()))


def weighted(on: bool) -> Numbers:
    """What a weight of the edited block changes, against weight one."""
    one, other = (
        clothes.found(weighted_search("embedding", _stage(), clothes.queries(), weight, clothes.SHOWN))
        for weight in (1.0, HEAVY if on else 1.0)
    )
    new, rest = "new value (NDCG)", "the rest (NDCG)"
    return {GAINED: other[new] - one[new], LOST: one[rest] - other[rest]}


def pulled_back(on: bool) -> Numbers:
    """How often an edited garment finds itself first: blocks alike, or the edited one heavy."""
    rows = weighted_search("embedding", _stage(), clothes.queries(), 1.0 if on else HEAVY, 1)
    return {"first is the garment itself": float((rows[:, 0] == clothes.queries().reference).double().mean())}


def without_the_old_value(on: bool) -> Numbers:
    """What an edit loses when its indicator holds no -1: adding, or swapping."""
    stage, queries = _stage(), clothes.queries()
    row: Row = "residual" if on else "embedding"
    whole = queries.indicator(WARDROBE, clothes.drawer().labels)
    known, hidden = (
        clothes.found(nearest(*row_vectors(row, stage, queries, indicator), clothes.SHOWN))["first result right"]
        for indicator in (whole, whole.clamp(min=0))
    )
    return {"first result right, lost": known - hidden}


CLAIMS = (
    Claim(
        "the other blocks pull back",
        NOTEBOOK,
        "The new value is one block among many, and all the others pull towards the garment itself.",
        f"every block counts once (off: the edited one {HEAVY:g} times)",
        pulled_back,
        lambda measured: measured["first is the garment itself"] > 0.2,
        quick=True,
    ),
    Claim(
        "adding needs the old value",
        NOTEBOOK,
        "Adding must know what to take away, the $-1$ of the indicator.",
        "the residual is added (off: the new prototype is swapped in)",
        without_the_old_value,
        lambda measured: measured["first result right, lost"] > 0.1,
        quick=True,
    ),
    Claim(
        "a weight trades",
        NOTEBOOK,
        "From left to right the new value arrives more often (middle), and the rest is kept less well (right); "
        "somewhere between, the first result is best (left).",
        f"the edited block counts {HEAVY:g} times (off: once)",
        weighted,
        lambda measured: measured[GAINED] > 0.1 and measured[LOST] > 0.02,
        quick=True,
    ),
)
