"""The rule book: what goes with what in an outfit of Wardrobe garments, for a model to find out from pictures.

A garment takes one *slot* of an outfit (trousers are a lower). For most pairs of slots the book has one *rule*: a
*relation* that looks at one attribute of both garments and at nothing else. A relation lays the values of its
attribute on a scale; two garments go together when they stand at most so many steps apart. All five relations:

    harmony    colour    neighbours on a ring of ten colours
    calm       pattern   neighbours on a line from plain to camouflage: what is further apart clashes
    proportion length    the same
    season     sleeve    the same season, read from the sleeves
    occasion   trim      the same occasion, read from the trim

Which of them counts depends on the pair: a bag must match the colour of the shoes and the trim of the shirt. Two
garments drawn at random keep a rule about one time in three.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.data.wardrobe.schema import LOWER, SHOES, WARDROBE
from adde_lite.errors import InputError, unknown

KEPT = -1  # the two garments break no rule
SAME_PLACE = -2  # the two garments cannot be worn together at all: two hats, a dress over trousers


@dataclass(frozen=True)
class Relation:
    """Two garments go together when their values of one attribute are at most `apart` steps from each other.

    Args:
        name: what the relation is about.
        attribute: the attribute that it looks at, in both garments.
        scale: every value once, in steps; values of one step are as good as equal.
        apart: how many steps two values may be from each other.
        ring: whether the last step is a neighbour of the first.
    """

    name: str
    attribute: str
    scale: tuple[tuple[str, ...], ...]
    apart: int = 0
    ring: bool = False

    def table(self, schema: AttributeSchema) -> Tensor:
        """Which values go together, bool (n_a, n_a), symmetric.

        Raises:
            InputError: a value of the attribute that is not on the scale exactly once.
        """
        options = schema.options(self.attribute)
        placed = [value for step in self.scale for value in step]
        wrong = [value for value in {*options, *placed} if placed.count(value) != 1 or value not in options]
        if wrong:
            expected = f"each of {', '.join(options)} once"
            raise InputError(f"relation {self.name!r}", f"{wrong[0]!r}", expected, "Put every value on the scale once.")
        step = torch.tensor([next(k for k, group in enumerate(self.scale) if value in group) for value in options])
        distance = (step[:, None] - step).abs()
        if self.ring:
            distance = torch.minimum(distance, len(self.scale) - distance)
        return distance <= self.apart


@dataclass(frozen=True)
class Rule:
    """One line of the book: garments of these two slots keep this relation."""

    slots: tuple[str, str]
    relation: Relation

    def __str__(self) -> str:
        return f"{self.slots[0]} and {self.slots[1]}: {self.relation.name} ({self.relation.attribute})"


@dataclass(frozen=True)
class RuleBook:
    """Slots and rules.

    Args:
        schema: of the labels that are judged; has an attribute "category".
        slots: (slot, its categories), each category in at most one slot.
        apart: pairs of slots that are never worn together; a slot is never worn twice anyway.
        rules: at most one a pair of slots. Their position is their number.

    Raises:
        InputError: unknown slots or categories, a category in two slots, two lines for a pair, a scale that does not
            hold every value once, no rules.
    """

    schema: AttributeSchema
    slots: tuple[tuple[str, tuple[str, ...]], ...]
    apart: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        names = [name for name, _ in self.slots]
        taken = [category for _, categories in self.slots for category in categories]
        for category in taken:
            if self.schema.code("category", category) != MISSING and taken.count(category) > 1:
                raise InputError("rule book", f"{category!r} in two slots", "one slot each", "Remove it from one.")
        pairs = [frozenset(pair) for pair in (*self.apart, *(rule.slots for rule in self.rules))]
        for pair in pairs:
            for name in pair:
                if name not in names:
                    raise unknown("rule book", "slot", name, names)
            if len(pair) < 2 or pairs.count(pair) > 1:
                given = f"the pair {' and '.join(sorted(pair))} twice" if len(pair) == 2 else f"{pair} with itself"
                raise InputError("rule book", given, "one line for two different slots", "Remove a line.")
        if not self.rules:
            raise InputError("rule book", "no rules", "at least one", "Without rules every outfit is right.")
        for rule in self.rules:
            rule.relation.table(self.schema)

    @cached_property
    def slot_of(self) -> Tensor:
        """Number of the slot of each category, int64 (C,); -1 for one that is in no outfit."""
        found = torch.full((len(self.schema.options("category")),), -1)
        for number, (_, categories) in enumerate(self.slots):
            for category in categories:
                found[self.schema.code("category", category)] = number
        return found

    @cached_property
    def numbers(self) -> Tensor:
        """Number of the rule for each pair of categories, int64 (C, C), symmetric; KEPT or SAME_PLACE without one."""
        names = [name for name, _ in self.slots]
        slots = torch.full((len(names) + 1, len(names) + 1), KEPT)  # the last one is for categories in no slot
        slots.fill_diagonal_(SAME_PLACE)
        slots[-1], slots[:, -1] = SAME_PLACE, SAME_PLACE
        entries = [(pair, SAME_PLACE) for pair in self.apart]
        entries += [(rule.slots, number) for number, rule in enumerate(self.rules)]
        for (one, other), number in entries:
            k, j = names.index(one), names.index(other)
            slots[k, j] = slots[j, k] = number
        return slots[self.slot_of][:, self.slot_of]

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that some rule looks at, in the order of the schema."""
        used = {rule.relation.attribute for rule in self.rules}
        return tuple(name for name in self.schema.names if name in used)

    @cached_property
    def looked_at(self) -> Tensor:
        """For each pair of categories the place in `attributes` that its rule looks at, int64 (C, C); -1 without."""
        place = torch.tensor([self.attributes.index(rule.relation.attribute) for rule in self.rules])
        return torch.where(self.numbers >= 0, place[self.numbers.clamp(min=0)], -1)

    def broken(self, one: Tensor, other: Tensor) -> Tensor:
        """The rule that two garments break.

        Args:
            one, other: int64 (..., A), label rows that broadcast against each other.

        Returns:
            int64 (...): number of the rule, KEPT, or SAME_PLACE. The order of the two does not matter.

        Raises:
            InputError: a garment without the attribute that a rule looks at.
        """
        one, other = torch.broadcast_tensors(one, other)
        category = self.schema.index("category")
        number = self.numbers[one[..., category], other[..., category]]
        rule = number.clamp(min=0)
        left, right = (side.gather(-1, self._columns[rule][..., None])[..., 0] for side in (one, other))
        lacking = (number >= 0) & ((left == MISSING) | (right == MISSING))
        if lacking.any():
            which = self.rules[int(number[lacking][0])]
            expected = f"a {which.relation.attribute} on both"
            raise InputError(f"rule {which}", "a garment without it", expected, "Choose another attribute.")
        together = self._tables[rule, left, right] | (number < 0)
        return torch.where(together & (number != SAME_PLACE), KEPT, number)

    def against(self, labels: Tensor) -> Tensor:
        """`broken` for all pairs of N garments, int8 (N, N), from their labels int64 (N, A)."""
        self.schema.check(labels)
        rows = [self.broken(row, labels).to(torch.int8) for row in labels]  # at once it would take 100 bytes a pair
        return torch.stack(rows) if rows else torch.empty(0, 0, dtype=torch.int8)

    @cached_property
    def _columns(self) -> Tensor:
        return torch.tensor([self.schema.index(rule.relation.attribute) for rule in self.rules])

    @cached_property
    def _tables(self) -> Tensor:
        widest = max(self.schema.sizes)
        tables = torch.zeros(len(self.rules), widest, widest, dtype=torch.bool)
        for number, rule in enumerate(self.rules):
            table = rule.relation.table(self.schema)
            tables[number, : len(table), : len(table)] = table
        return tables


def _single(*values: str) -> tuple[tuple[str, ...], ...]:
    return tuple((value,) for value in values)


HARMONY = Relation(
    "harmony",
    "colour",
    _single("white", "grey", "black", "navy", "sky", "lilac", "pink", "burgundy", "camel", "green"),
    apart=1,
    ring=True,
)
CALM = Relation(
    "calm",
    "pattern",
    _single(
        "plain", "colour block", "horizontal stripes", "vertical stripes", "checks", "dots", "floral", "camouflage"
    ),
    apart=1,
)
PROPORTION = Relation("proportion", "length", _single("short", "medium", "long"))
SEASON = Relation("season", "sleeve", (("sleeveless", "short"), ("puff", "bell"), ("long",)))  # summer, spring, winter
OCCASION = Relation(
    "occasion", "trim", (("none",), ("band", "side stripes"), ("fringe", "scallops"))
)  # day, sport, party

RULE_BOOK = RuleBook(
    WARDROBE,
    slots=(
        ("upper", ("t-shirt", "shirt", "sweater", "hoodie")),
        ("lower", LOWER),
        ("dress", ("dress",)),
        ("outer", ("jacket", "coat")),
        ("shoes", SHOES),
        ("bag", ("bag",)),
        ("hat", ("hat",)),
    ),
    apart=(("dress", "upper"), ("dress", "lower")),
    rules=(
        Rule(("upper", "lower"), HARMONY),
        Rule(("upper", "outer"), SEASON),
        Rule(("upper", "shoes"), CALM),
        Rule(("upper", "bag"), OCCASION),
        Rule(("lower", "outer"), CALM),
        Rule(("lower", "shoes"), OCCASION),
        Rule(("lower", "hat"), HARMONY),
        Rule(("dress", "outer"), SEASON),
        Rule(("dress", "shoes"), PROPORTION),
        Rule(("dress", "bag"), OCCASION),
        Rule(("dress", "hat"), CALM),
        Rule(("outer", "shoes"), PROPORTION),
        Rule(("outer", "hat"), OCCASION),
        Rule(("shoes", "bag"), HARMONY),
        Rule(("bag", "hat"), PROPORTION),
    ),
)
