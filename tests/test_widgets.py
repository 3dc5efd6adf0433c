import torch

from adde_lite import plots
from adde_lite.widgets import edit_slider


def frames():
    image = torch.randint(0, 256, (3, 16, 16), dtype=torch.uint8)
    return {
        name: plots.contact_sheet([image], [name], f"A patch called <{name}> & more.", columns=1)
        for name in ("a", "b", "c")
    }


def test_slider_has_a_stop_a_frame_and_links_label_and_picture_in_the_browser():
    box = edit_slider("pattern", frames())
    (slider, labels), pictures = box.children[0].children, box.children[1]
    assert (slider.min, slider.max) == (0, 2)
    assert slider.description == "pattern"
    assert len(labels.children) == len(pictures.children) == 3
    assert len({child.value for child in pictures.children}) == 3


def test_alt_text_of_each_frame_is_escaped_and_kept():
    pictures = edit_slider("pattern", frames()).children[1]
    assert 'alt="A patch called &lt;b&gt; &amp; more."' in pictures.children[1].value
