"""The registered claims: their sentences stand in the text, and their assertions need their mechanisms."""

from collections import Counter
from dataclasses import replace

import pytest

from claims.__main__ import main
from claims.claim import Claim, LeftOutError, judged
from claims.register import registered
from notebooks.build import read_source, source_names

FEWEST = {"00_start_here": 1}  # claims of a notebook; two elsewhere
CLAIMS = registered()
ids = [claim.name for claim in CLAIMS]


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("claim", CLAIMS, ids=ids)
def test_the_claim_stands_word_for_word_in_the_text_of_its_notebook(claim):
    book, _ = read_source(claim.notebook)
    texts = [words(cell.source) for cell in book.cells if cell.cell_type == "markdown"]
    assert any(words(claim.sentence) in text for text in texts), f"{claim.notebook} does not say: {claim.sentence}"


@pytest.mark.parametrize("name", source_names())
def test_every_notebook_has_claims(name):
    assert Counter(claim.notebook for claim in CLAIMS)[name] >= FEWEST.get(name, 2)


def test_claims_have_different_names_and_notebooks_that_exist():
    assert len(set(ids)) == len(ids)
    assert {claim.notebook for claim in CLAIMS} <= set(source_names())


@pytest.mark.parametrize(
    "claim", [claim for claim in CLAIMS if claim.quick], ids=[claim.name for claim in CLAIMS if claim.quick]
)
def test_the_quick_claim_holds_and_fails_with_its_mechanism_off(claim):
    verdict = judged(claim)
    assert verdict.proved, dict(verdict.on)
    assert verdict.fails_when_off, dict(verdict.off)


MADE_UP = Claim(
    "water is wet",
    "00_start_here",
    "Water wets.",
    "the water",
    lambda on: {"litres": float(on)},
    lambda measured: measured["litres"] > 0.5,
)


def test_a_claim_that_stands_is_shown_with_and_without_its_mechanism(capsys):
    assert main([], [MADE_UP]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "water is wet" in line)
    assert row.split()[-5:] == ["litres", "1", "0", "yes", "yes"]
    assert "the water" in row


@pytest.mark.parametrize(
    ("change", "end"),
    [
        ({"holds": lambda measured: True}, ["yes", "NO"]),  # survives without its mechanism
        ({"holds": lambda measured: False}, ["NO", "yes"]),
        ({"measure": lambda on: {"litres": 1.0}}, ["yes", "NO"]),  # the switch does nothing
    ],
)
def test_a_claim_whose_assertion_proves_nothing_is_reported_and_fails_the_command(capsys, change, end):
    assert main([], [replace(MADE_UP, **change), replace(MADE_UP, name="another")]) == 1
    printed = capsys.readouterr().out
    row = next(line for line in printed.splitlines() if "water is wet" in line)
    assert row.split()[-2:] == end
    assert "'Water wets.' is not proved" in printed
    assert "1 of 2 claims stand" in printed


def test_a_claim_that_raises_fails_the_command_and_the_others_are_judged(capsys):
    def breaks(on):
        raise ValueError("dry")

    assert main([], [replace(MADE_UP, measure=breaks), replace(MADE_UP, name="another")]) == 1
    printed = capsys.readouterr().out
    assert "raised ValueError: dry" in printed
    assert "1 of 2 claims stand" in printed


def test_a_claim_that_this_machine_cannot_measure_is_left_out_with_its_reason(capsys):
    def cannot(on):
        raise LeftOutError("it needs a river")

    assert main([], [replace(MADE_UP, measure=cannot)]) == 0
    printed = capsys.readouterr().out
    assert "left out, it needs a river" in printed
    assert "0 of 0 claims stand, 1 left out" in printed


def test_claims_are_asked_for_by_name_or_by_notebook(capsys):
    other = replace(MADE_UP, name="fire is hot", notebook="01_vae_baseline")
    assert main(["fire is hot"], [MADE_UP, other]) == 0
    assert "water is wet" not in capsys.readouterr().out
    assert main(["00_start_here"], [MADE_UP, other]) == 0
    assert "fire is hot" not in capsys.readouterr().out
    assert main(["earth"], [MADE_UP, other]) == 2
    assert "no claim 'earth'; there are:\n  00_start_here: water is wet" in capsys.readouterr().out
