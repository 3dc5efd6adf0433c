"""Outfits: the rule book, outfits that keep it, and what is asked about them."""

from adde_lite.data.outfits.outfit import EMPTY, Compatibility, Outfits, Questions
from adde_lite.data.outfits.questions import Distractors, compatibility, fill_in_the_blank, rule_oracle, set_oracle
from adde_lite.data.outfits.rules import KEPT, RULE_BOOK, SAME_PLACE, Relation, Rule, RuleBook
from adde_lite.data.outfits.sampling import Part, sample_outfits, wardrobe_outfits

__all__ = [
    "EMPTY",
    "KEPT",
    "RULE_BOOK",
    "SAME_PLACE",
    "Compatibility",
    "Distractors",
    "Outfits",
    "Part",
    "Questions",
    "Relation",
    "Rule",
    "RuleBook",
    "compatibility",
    "fill_in_the_blank",
    "rule_oracle",
    "sample_outfits",
    "set_oracle",
    "wardrobe_outfits",
]
