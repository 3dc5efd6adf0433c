"""Scores of several answers side by side."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl

from adde_lite.plots.picture import BLUE, MIST, STYLE, Picture


def score_bars(rows: Mapping[str, Mapping[str, float]], columns: Sequence[str], alt: str, *, ours: str) -> Picture:
    """Rows of scores in [0, 1] as bars, one panel a column, our row in colour.

    Args:
        rows: row name -> column name -> score.
        columns: which columns, one panel each.
        alt: the picture's alt text.
        ours: the row to stress.
    """
    names = list(rows)
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (2.7 * len(columns) + 1.4, 0.34 * len(names) + 0.9))
        panels = picture.subplots(1, len(columns), sharey=True, squeeze=False)[0]
        for panel, column in zip(panels, columns, strict=True):
            scores = [rows[name][column] for name in names]
            panel.barh(names, scores, color=[BLUE if name == ours else MIST for name in names], height=0.68)
            for place, score in enumerate(scores):
                panel.text(score + 0.02, place, f"{score:.2f}", va="center", fontsize=8.5)
            panel.set(title=column.replace("_", " "), xlim=(0, 1.16), xticks=(0, 0.5, 1))
            panel.tick_params(length=0)
        panels[0].invert_yaxis()
        panels[0].set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    return picture
