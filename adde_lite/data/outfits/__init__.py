"""Outfits: the rule book, outfits that keep it, what is asked about them, and real ones from files."""

from adde_lite.data.outfits.ngnn import CategoryOutfits, CategoryQuestions, category_questions, ngnn_outfits
from adde_lite.data.outfits.outfit import EMPTY, OPTIONS, Compatibility, Outfits, Questions
from adde_lite.data.outfits.polyvore import PolyvoreOutfits, polyvore_outfits
from adde_lite.data.outfits.questions import Distractors, compatibility, fill_in_the_blank, rule_oracle, set_oracle
from adde_lite.data.outfits.rules import KEPT, RULE_BOOK, SAME_PLACE, Relation, Rule, RuleBook
from adde_lite.data.outfits.sampling import Part, sample_outfits, wardrobe_outfits

__all__ = [
    "EMPTY",
    "KEPT",
    "OPTIONS",
    "RULE_BOOK",
    "SAME_PLACE",
    "CategoryOutfits",
    "CategoryQuestions",
    "Compatibility",
    "Distractors",
    "Outfits",
    "Part",
    "PolyvoreOutfits",
    "Questions",
    "Relation",
    "Rule",
    "RuleBook",
    "category_questions",
    "compatibility",
    "fill_in_the_blank",
    "ngnn_outfits",
    "polyvore_outfits",
    "rule_oracle",
    "sample_outfits",
    "set_oracle",
    "wardrobe_outfits",
]
