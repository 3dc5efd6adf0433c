import pytest
import torch

from adde_lite.data.archive import Archive
from adde_lite.data.decode import decode_images
from adde_lite.throughput import Effort, decoding_rate, embedded, extraction, extraction_rate, from_files_rate
from adde_lite.throughput.extraction import write_jpegs

CPU = torch.device("cpu")
BRIEF = Effort(2, 2, 1)


@pytest.fixture
def files(blocks, tmp_path):
    return write_jpegs(tmp_path, blocks.images[:12])


def test_two_views_in_float32_are_what_embed_gives(encoder, blocks):
    ours = embedded(encoder.eval(), blocks.images, bf16=False, mirrored=True)
    torch.testing.assert_close(ours, encoder.embed(blocks.images), rtol=0, atol=1e-5)
    one = embedded(encoder, blocks.images, bf16=False, mirrored=False)
    assert not torch.allclose(one, ours, rtol=0, atol=2e-5)


def test_the_mirrored_view_costs_as_much_again(encoder, blocks, ticking):
    hook = encoder.trunk.register_forward_pre_hook(lambda _, given: ticking.spend(len(given[0])))
    one, two = (
        extraction_rate(
            encoder, blocks.images, device=CPU, effort=BRIEF, bf16=False, mirrored=mirrored, clock=ticking.clock
        )
        for mirrored in (False, True)
    )
    hook.remove()
    assert one.per_second == 2 * two.per_second > 0
    assert (one.batch, one.facts["views"], two.facts["views"]) == (96, 1, 2)


def test_extraction_counts_the_images_of_a_batch(encoder, blocks, ticking, monkeypatch):
    monkeypatch.setattr(extraction, "embedded", lambda *_, **__: ticking.spend(3))
    rate = extraction_rate(encoder, blocks.images, device=CPU, effort=BRIEF, clock=ticking.clock)
    assert rate.per_second == 32


def test_files_are_real_jpegs_of_the_pictures(blocks, files, tmp_path):
    assert (tmp_path / files[0]).read_bytes().startswith(b"\xff\xd8\xff")
    read = decode_images(Archive(tmp_path), files, size=16).float()
    apart = (read[:, None] - blocks.images[:12].float()).abs().mean((2, 3, 4))
    assert torch.equal(apart.argmin(1), torch.arange(12))


def test_decoding_opens_each_file_once_a_batch(files, tmp_path, ticking, monkeypatch):
    opened = []
    monkeypatch.setattr(extraction, "decode_image", lambda path, **_: opened.append(path.name) or ticking.spend(0.5))
    rate = decoding_rate(tmp_path, files, size=8, effort=Effort(2, 1, 0), clock=ticking.clock)
    assert opened == files * 2
    assert rate.per_second == 2
    assert (rate.facts["px"], rate.facts["file_px"]) == (8, 16)


def test_from_files_embeds_what_the_files_show_over_and_over(encoder, blocks, files, tmp_path, monkeypatch):
    seen, whole = [], embedded
    monkeypatch.setattr(extraction, "embedded", lambda _, images, **how: seen.append(images) or whole(_, images, **how))
    rate = from_files_rate(encoder, tmp_path, files, size=16, batch=8, device=CPU, effort=BRIEF, bf16=False)
    expected = decode_images(Archive(tmp_path), files, size=16).repeat(4, 1, 1, 1)[: 5 * 8]
    assert torch.equal(torch.cat(seen), expected)  # 2 repeats of 2 batches after 1
    assert rate.per_second > 0
    assert (rate.batch, rate.facts["workers"]) == (8, 0)


def test_what_processes_decoded_ahead_is_used_up_before_the_clock_runs(encoder, files, tmp_path, ticking, monkeypatch):
    batches = []
    monkeypatch.setattr(extraction, "embedded", lambda _, images, **__: batches.append(images) or images)
    monkeypatch.setattr(ticking, "time", 0.0)

    def read():
        batches.append("clock")
        return float(len(batches))

    clock = type(ticking.clock)("tick", read)
    from_files_rate(
        encoder, tmp_path, files, size=16, batch=4, device=CPU, effort=Effort(1, 1, 1), workers=1, clock=clock
    )
    assert batches.index("clock") == 1 + extraction.QUEUED
