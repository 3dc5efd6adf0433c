"""Pictures of outfits: shown with alt text that says what is worn, what is right and what decides."""

import io

import pytest
import torch
from PIL import Image

from adde_lite import plots
from adde_lite.attributes import AttributeSchema
from adde_lite.data.images import AttributeImages
from adde_lite.data.outfits import EMPTY, RULE_BOOK, Outfits

SCHEMA = AttributeSchema.of({"category": ["hat", "bag", "boot"]})
NOISE = torch.randint(0, 256, (6, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
STOCK = AttributeImages(NOISE, torch.tensor([[0], [0], [1], [1], [2], [2]]), SCHEMA, tuple("abcdef"))
OUTFITS = Outfits(STOCK, torch.tensor([[0, 2, 4], [5, 3, EMPTY]]))
WON = {"hat and bag": [0.9, 0.8], "bag and boot": [0.5, 0.7]}
WEIGHTS = {"hat, bag": [0.7, 0.3], "bag, boot": [0.6, 0.4], "hat, boot": [0.5, 0.5]}


def question(scores):
    return plots.question_board(OUTFITS, torch.tensor([0, EMPTY]), torch.tensor([1, 2, 3, 4]), 2, torch.tensor(scores))


def pictures():
    return {
        "boards": plots.outfit_boards(OUTFITS, [0, 1]),
        "question": question([0.1, 0.2, 0.9, 0.3]),
        "rules": plots.rule_table(RULE_BOOK),
        "attention": plots.attention_table(
            WEIGHTS, ["colour", "length"], {"hat, bag": "colour", "bag, boot": "length"}
        ),
        "rule by rule": plots.rule_strips(
            {"one": WON, "other": WON},
            {"hat and bag": [False, False], "bag and boot": [True, False]},
            "one",
            "Two rules, two models.",
        ),
        "losses": plots.ranking_curves({"ours": [0.4, 0.2, 0.1]}, [0, 1, 2], 0.3, "epoch"),
    }


@pytest.mark.parametrize("name", ["boards", "question", "rules", "attention", "rule by rule", "losses"])
def test_picture_shows_as_png_with_its_alt_text(name):
    picture = pictures()[name]
    data, metadata = picture._repr_mimebundle_()
    image = Image.open(io.BytesIO(data["image/png"]))
    assert min(image.size) > 100
    assert len({pixel for _, pixel in image.convert("L").getcolors()}) > 10
    assert metadata["image/png"]["alt"] == picture.alt


def test_boards_show_every_garment_and_nothing_where_there_is_none():
    picture = pictures()["boards"]
    assert sum(bool(place.images) for place in picture.axes) == 5
    assert "outfit 0: hat, bag, boot. outfit 1: boot, bag." in picture.alt


def test_the_alt_text_of_a_question_says_whether_the_best_option_is_right():
    assert "Option 3 scores best, which is right." in question([0.1, 0.2, 0.9, 0.3]).alt
    assert "Option 1 scores best, but option 3 is right." in question([0.8, 0.2, 0.1, 0.3]).alt


def test_a_wrong_best_option_is_framed_beside_the_right_one():
    def framed(scores):
        below = [place for place in question(scores).axes if place.images][1:]
        return [place.spines["left"].get_linestyle() for place in below if place.spines["left"].get_visible()]

    assert framed([0.1, 0.2, 0.9, 0.3]) == ["-"]
    assert framed([0.8, 0.2, 0.1, 0.3]) == ["--", "-"]


def test_the_option_that_was_worn_says_so():
    captions = [place.get_title() for place in question([0.8, 0.2, 0.1, 0.3]).axes]
    assert [caption for caption in captions if caption.endswith("worn")] == ["0.10, worn"]


def test_the_rule_table_names_every_rule_on_both_sides_of_the_diagonal():
    picture = pictures()["rules"]
    texts = [text.get_text() for text in picture.axes[0].texts]
    assert len(texts) == 2 * len(RULE_BOOK.rules)
    assert all(str(rule) in picture.alt for rule in RULE_BOOK.rules)
    assert texts.count("colour\nharmony") == 2 * sum(rule.relation.name == "harmony" for rule in RULE_BOOK.rules)


def test_the_attention_table_frames_the_attribute_of_the_rule_and_counts_hits():
    picture = pictures()["attention"]
    assert picture.alt.endswith("the largest weight is that of the rule in 1 of the 2 pairs that have one.")
    places = [(round(frame.get_x()), round(frame.get_y())) for frame in picture.axes[0].patches]
    assert places == [(0, 0), (1, 1)]


def test_a_rule_that_the_attention_missed_is_an_open_dot_of_that_model_alone():
    one, other = pictures()["rule by rule"].axes
    faces = [[tuple(dots.get_facecolor()[0]) for dots in place.collections] for place in (one, other)]
    white = (1, 1, 1, 1)
    assert [face == white for face in faces[0]] == [False, False, True, False]
    assert white not in faces[1]


def test_losses_stand_beside_their_margin_and_the_alt_text_says_where_they_end():
    picture = pictures()["losses"]
    ours, margin = picture.axes[0].lines
    assert list(ours.get_ydata()) == [0.4, 0.2, 0.1]
    assert set(margin.get_ydata()) == {0.3}
    assert picture.alt.endswith("beside the margin 0.30: ours from 0.40 to 0.10.")
    assert all(float(tick).is_integer() for tick in picture.axes[0].get_xticks())
