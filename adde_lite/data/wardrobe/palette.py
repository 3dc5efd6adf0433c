"""Colours of cloth and of everything sewn onto it."""

from dataclasses import dataclass

RGB = tuple[float, float, float]

# Cloth comes in deep and pale tones, the second colour in vivid ones: every pair of the two lists stands apart.
CLOTH = {
    "white": "#f4f1ea",
    "grey": "#8f959e",
    "black": "#2b2c33",
    "camel": "#bd8a4c",
    "burgundy": "#7f1d36",
    "green": "#2a6548",
    "navy": "#26397a",
    "sky": "#9dcff0",
    "pink": "#f4acb9",
    "lilac": "#b59ee2",
}
SECOND = {
    "scarlet": "#ea3d2b",
    "gold": "#ffc933",
    "emerald": "#27b86f",
    "azure": "#2486f2",
    "violet": "#8546e4",
    "fuchsia": "#f03a9b",
}
LEATHER, METAL, CREAM, COAL = "#5a3822", "#ecd28c", "#fcf8ee", "#22212a"


def rgb(text: str) -> RGB:
    """'#rrggbb' to three numbers in 0 .. 1."""
    return int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255


def hexed(colour: RGB) -> str:
    """Three numbers, clipped to 0 .. 1, to '#rrggbb'."""
    return "#" + "".join(f"{round(255 * min(max(channel, 0.0), 1.0)):02x}" for channel in colour)


def mix(one: str, other: str, share: float) -> str:
    """`one` with `share` (0 .. 1) of `other` mixed in."""
    pairs = zip(rgb(one), rgb(other), strict=True)
    r, g, b = (a + share * (c - a) for a, c in pairs)
    return hexed((r, g, b))


def brightness(colour: str) -> float:
    """Perceived brightness, 0 .. 1."""
    r, g, b = rgb(colour)
    return 0.30 * r + 0.59 * g + 0.11 * b


def lit(colour: str, warmth: float, exposure: float) -> str:
    """A colour under the scene's light: `warmth` in about -0.06 .. 0.06, `exposure` about 1."""
    r, g, b = rgb(colour)
    return hexed((r * exposure * (1 + warmth), g * exposure, b * exposure * (1 - warmth)))


@dataclass(frozen=True)
class Inks:
    """The colours of one drawing, as '#rrggbb'.

    Attributes:
        cloth: the main colour.
        second: the second colour.
        deep: the cloth in shadow: seams, outlines.
        inside: the cloth seen on the garment's inside.
        pale: the cloth in full light.
        contrast: the cloth moved clearly away from itself, darker or lighter: collars, pockets, ribs.
        leather, metal, cream, coal: belts, buckles, laces and zips.
    """

    cloth: str
    second: str
    deep: str
    inside: str
    pale: str
    contrast: str
    leather: str
    metal: str
    cream: str
    coal: str

    @classmethod
    def of(cls, colour: str, second: str, warmth: float = 0.0, exposure: float = 1.0) -> "Inks":
        """The inks for two colour names under one light."""
        cloth = CLOTH[colour]
        bright = brightness(cloth) > 0.42
        colours = {
            "cloth": cloth,
            "second": SECOND[second],
            "deep": mix(cloth, "#1a1420", 0.44),
            "inside": mix(cloth, "#1a1420", 0.38) if bright else mix(cloth, "#0a080c", 0.5),
            "pale": mix(cloth, "#ffffff", 0.4),
            "contrast": mix(cloth, "#2a2030", 0.34) if bright else mix(cloth, "#ffffff", 0.36),
            "leather": LEATHER,
            "metal": METAL,
            "cream": CREAM,
            "coal": COAL,
        }
        return cls(**{name: lit(value, warmth, exposure) for name, value in colours.items()})
