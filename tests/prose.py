"""Numbers that somebody typed into a text: decimals outside code, formulas, links and headings."""

import re

NOT_PROSE = re.compile(r"^```.*?^```|\$[^$]*\$|`[^`]*`|\[[^]]*\]\([^)]*\)|^#.*?$", flags=re.M | re.S)
DECIMAL = re.compile(r"(?<![\w.$/-])\d+\.\d+(?![\w.])")


def typed_decimals(text: str) -> list[str]:
    """The decimals of a Markdown text, in its order."""
    return DECIMAL.findall(NOT_PROSE.sub("", text))
