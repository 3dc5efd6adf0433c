"""Thin ipywidgets around plots: a widget shows pictures that functions of adde_lite.plots draw."""

from adde_lite.widgets.cell_slider import cell_frames
from adde_lite.widgets.condition_slider import condition_frames, condition_sliders
from adde_lite.widgets.edit_slider import edit_slider
from adde_lite.widgets.explorer import explorer, explorer_frames
from adde_lite.widgets.latent_sliders import latent_sliders
from adde_lite.widgets.outfit_builder import outfit_builder, outfit_builder_frames
from adde_lite.widgets.value_sliders import value_sliders

__all__ = [
    "cell_frames",
    "condition_frames",
    "condition_sliders",
    "edit_slider",
    "explorer",
    "explorer_frames",
    "latent_sliders",
    "outfit_builder",
    "outfit_builder_frames",
    "value_sliders",
]
