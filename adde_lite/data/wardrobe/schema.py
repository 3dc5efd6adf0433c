"""What the Wardrobe labels: attributes, values, and which of them a category has."""

from adde_lite.attributes import AttributeSchema

WARDROBE = AttributeSchema.of(
    {
        "category": (
            *("t-shirt", "shirt", "sweater", "hoodie", "jacket", "coat", "dress"),
            *("skirt", "trousers", "shorts", "sneaker", "boot", "bag", "hat"),
        ),
        "colour": ("white", "grey", "black", "camel", "burgundy", "green", "navy", "sky", "pink", "lilac"),
        "second colour": ("scarlet", "gold", "emerald", "azure", "violet", "fuchsia"),
        "pattern": (
            *("plain", "horizontal stripes", "vertical stripes", "dots"),
            *("checks", "floral", "camouflage", "colour block"),
        ),
        "sleeve": ("sleeveless", "short", "long", "puff", "bell"),
        "neckline": ("round", "v-neck", "square", "boat", "turtleneck"),
        "collar": ("pointed", "round", "stand", "lapel", "fur"),
        "length": ("short", "medium", "long"),
        "fit": ("slim", "regular", "loose"),
        "fastening": ("buttons", "zip", "laces", "straps"),
        "pocket": ("none", "single", "pair", "flap"),
        "trim": ("none", "band", "side stripes", "fringe", "scallops"),
        "waist": ("plain", "belt", "bow"),
    }
)

UPPER = ("t-shirt", "shirt", "sweater", "hoodie", "jacket", "coat", "dress")
LOWER = ("skirt", "trousers", "shorts")
SHOES = ("sneaker", "boot")
CATEGORIES = WARDROBE.options("category")

# `length` is the hem of a garment, the shaft of a shoe, the drop of a bag's handle and the brim of a hat. Shorts
# have none: long shorts and short trousers would be one garment under two names.
HAS: dict[str, tuple[str, ...]] = {
    "category": CATEGORIES,
    "colour": CATEGORIES,
    "second colour": CATEGORIES,  # where a pattern or a trim is drawn in it: see applicable()
    "pattern": CATEGORIES,
    "sleeve": UPPER,
    "neckline": ("t-shirt", "sweater", "dress"),
    "collar": ("shirt", "jacket", "coat"),
    "length": tuple(name for name in CATEGORIES if name != "shorts"),
    "fit": UPPER + LOWER,
    "fastening": ("shirt", "jacket", "coat", *SHOES, "bag"),
    "pocket": (*UPPER, *LOWER, "bag"),
    "trim": CATEGORIES,
    "waist": ("coat", "dress", *LOWER),
}

# Shares of the first value where values are not equally frequent: a drawer in which everything is patterned and
# trimmed is hard on the eye.
FIRST_SHARE: dict[str, float] = {"pattern": 0.30, "trim": 0.40, "waist": 0.40}


def applicable(garment: dict[str, str]) -> tuple[str, ...]:
    """The attributes that this garment shows.

    Args:
        garment: value names; category, pattern and trim decide.
    """
    one_colour = garment["pattern"] == "plain" and garment["trim"] == "none"
    return tuple(
        name
        for name in WARDROBE.names
        if garment["category"] in HAS[name] and not (name == "second colour" and one_colour)
    )
