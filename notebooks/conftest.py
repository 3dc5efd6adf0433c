"""How pytest runs the notebooks: in profile tiny, no stderr, no more cost than the source promises."""

import os
from collections.abc import Iterator

import pytest
from nbval.plugin import IPyNbCell

from notebooks.build import cost_of, read_source

SLOWER = 2  # promises are for a quiet machine; the cores of a busy or older one need up to twice the time

os.environ.setdefault("ADDE_LITE_PROFILE", "tiny")
os.environ.setdefault("TQDM_DISABLE", "1")  # bars in text go to stderr


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Judge a cell by what it wrote, and after the last one the notebook by what its kernel has used."""
    yield
    if not isinstance(item, IPyNbCell):
        return
    written = [output.text for output in item.test_outputs or [] if output.get("name") == "stderr"]
    assert not written, f"wrote to stderr: {written[0]}"
    if item.cell_num == sum(cell.cell_type == "code" for cell in item.parent.nb.cells) - 1:
        cost = cost_of(item.parent.kernel.km.provisioner.pid)
        _, promise = read_source(item.path.stem)
        assert cost.cpu_s <= SLOWER * promise.tiny_cpu_s, (
            f"{cost} in profile tiny; its source promises {promise.tiny_cpu_s} CPU-s, here at most {SLOWER} times that"
        )
        assert cost.peak_mb <= promise.peak_mb, f"{cost} in profile tiny; its source promises {promise.peak_mb} MB"
