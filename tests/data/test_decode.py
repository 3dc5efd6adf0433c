"""Every kind of image comes out as it is seen; every broken one is refused by name."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from adde_lite.data import decode
from adde_lite.data.archive import Archive
from adde_lite.data.decode import decode_image, decode_images
from adde_lite.errors import InputError

WHITE, RED, BLUE = [255, 255, 255], [255, 0, 0], [0, 0, 255]


def saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width, height, depth, colour_type, pixels=b""):
    """A PNG written by hand: Pillow writes neither 16-bit colour nor false sizes."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def halves(left, right, mode="RGB"):
    """4 x 2 pixels, two colours side by side."""
    image = Image.new(mode, (4, 2), left)
    image.paste(right, (2, 0, 4, 2))
    return image


def test_an_rgb_image_keeps_its_pixels():
    image = decode_image(saved(halves("red", "blue")))
    assert image.dtype == torch.uint8
    assert image.permute(1, 2, 0).tolist() == [[RED, RED, BLUE, BLUE]] * 2


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_grey_is_scaled_not_clipped(kind):
    levels = np.array([[0, 257, 32_896, 65_535]], dtype=np.uint16)
    assert decode_image(saved(Image.fromarray(levels), kind))[:, 0].tolist() == [[0, 1, 128, 255]] * 3


def test_sixteen_bit_colour_is_scaled_not_clipped():
    content = png(1, 1, 16, 2, b"\0" + struct.pack(">HHH", 32_896, 257, 65_535))
    assert decode_image(content).flatten().tolist() == [128, 1, 255]


def test_cmyk_comes_out_in_its_colours():
    image = decode_image(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100))
    assert image[0].min() > 250
    assert image[1:].max() < 5


def test_a_palette_comes_out_in_its_colours():
    image = decode_image(saved(halves("red", "blue").convert("P", palette=Image.Palette.ADAPTIVE)))
    assert image[:, 0, 0].tolist() == RED
    assert image[:, 0, 3].tolist() == BLUE


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_has_three_equal_channels(mode):
    image = decode_image(saved(halves(0, 255, mode)))
    assert image.shape == (3, 2, 4)
    assert image[:, 0, 0].tolist() == [0, 0, 0]
    assert image[:, 0, 3].tolist() == WHITE


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparent_parts_are_white(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    content = saved(halves((255, 0, 0, 255), (0, 0, 0, 0), "RGBA"), kind, **options)
    image = decode_image(content)
    assert image[:, 0, 0].tolist() == RED
    assert image[:, 0, 3].tolist() == WHITE


def test_half_transparent_parts_are_mixed_with_white():
    image = decode_image(saved(Image.new("LA", (1, 1), (0, 128))))
    assert image.flatten().tolist() == pytest.approx([127] * 3, abs=1)


def test_a_transparent_palette_entry_is_white():
    picture = halves("red", "blue").convert("P", palette=Image.Palette.ADAPTIVE)
    content = saved(picture, transparency=picture.getpixel((3, 0)))
    assert decode_image(content)[:, 0, 3].tolist() == WHITE


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame(kind):
    frames = [Image.new("RGB", (6, 6), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert decode_image(content)[:, 3, 3].tolist() == RED


@pytest.mark.parametrize(("orientation", "shape"), [(1, (2, 4)), (3, (2, 4)), (6, (4, 2)), (8, (4, 2))])
def test_exif_rotation_is_applied(orientation, shape):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = decode_image(saved(halves("red", "blue"), exif=exif))
    assert tuple(image.shape[1:]) == shape
    assert image[:, 0, 0].tolist() == (RED if orientation in (1, 6) else BLUE)


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_orientation_is_turned_as_pillow_turns_it(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    corners = np.random.default_rng(0).integers(0, 256, (8, 16, 3), dtype=np.uint8)
    content = saved(Image.fromarray(corners), kind, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    assert torch.equal(decode_image(content), torch.from_numpy(np.array(upright)).permute(2, 0, 1))


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage!", b"Exif\0\0II*\0"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_whole_picture_with_exif_that_cannot_be_read_lies_as_its_pixels_do(exif, kind):
    content = saved(Image.new("RGB", (4, 2), "red"), kind, exif=exif, lossless=True)
    assert (decode_image(content) == torch.tensor(RED)[:, None, None].expand(3, 2, 4)).all()


def test_a_turned_picture_keeps_its_transparent_palette_entry():
    exif = Image.Exif()
    exif[0x0112] = 3
    picture = halves("red", "blue").convert("P", palette=Image.Palette.ADAPTIVE)
    content = saved(picture, transparency=picture.getpixel((3, 0)), exif=exif)
    assert decode_image(content)[:, 0, 0].tolist() == WHITE


def test_exif_rotation_is_applied_before_the_size():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = saved(Image.new("RGB", (400, 200), "red"), "JPEG", exif=exif)
    assert decode_image(content, size=(40, 20))[0].min() > 200  # no white bar: the upright picture is 2 : 1


def test_a_bad_colour_profile_is_ignored():
    assert decode_image(saved(halves("red", "blue"), icc_profile=b"not a profile"))[:, 0, 0].tolist() == RED


def test_one_pixel_fills_any_size():
    content = saved(Image.new("RGB", (1, 1), "red"))
    for fit in ("pad", "stretch", "crop"):
        assert decode_image(content, size=4, fit=fit).permute(1, 2, 0).tolist() == [[RED] * 4] * 4


@pytest.mark.parametrize("fit", ["pad", "stretch", "crop"])
@pytest.mark.parametrize("shape", [(1, 10_000), (10_000, 1)])
def test_an_extreme_aspect_still_fits(fit, shape):
    image = decode_image(saved(Image.new("RGB", shape, "red")), size=(6, 5), fit=fit)
    assert image.shape == (3, 6, 5)
    assert (image[1] < 128).any()


def test_pad_keeps_the_aspect_on_white():
    image = decode_image(saved(Image.new("RGB", (40, 20), "red")), size=8, fit="pad")
    white = (image == 255).all(0)
    assert white[:2].all()
    assert white[6:].all()
    assert not white[2:6].any()


def test_stretch_fills_the_size_with_the_whole_picture():
    image = decode_image(saved(halves("red", "blue").resize((40, 10))), size=8, fit="stretch")
    assert image[:, :, 0].T.tolist() == [RED] * 8
    assert image[:, :, 7].T.tolist() == [BLUE] * 8


def test_crop_fills_the_size_with_the_middle():
    picture = Image.new("RGB", (40, 10), "blue")
    picture.paste("red", (15, 0, 25, 10))
    assert decode_image(saved(picture), size=8, fit="crop")[:, 4, 4].tolist() == RED
    assert (decode_image(saved(picture), size=8, fit="crop")[2] < 128).all()


def test_a_large_photo_shrinks_to_nearly_what_full_decoding_gives():
    coarse = np.random.default_rng(0).integers(0, 255, (32, 24, 3), dtype=np.uint8)
    photo = Image.fromarray(coarse).resize((300, 400), Image.Resampling.BICUBIC)
    full = torch.from_numpy(np.array(photo.resize((48, 64), Image.Resampling.BICUBIC))).permute(2, 0, 1)
    ours = decode_image(saved(photo, "JPEG", quality=95), size=(64, 48))
    assert (ours.int() - full.int()).abs().float().mean() < 3


PHOTO = saved(Image.effect_noise((64, 64), 60).convert("RGB"), "JPEG")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "shoe: given 0 bytes"),
        (b"<!DOCTYPE html><title>404</title>", "shoe: given an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1", "shoe: given a Git LFS pointer"),
        (b"no picture", "shoe: given text"),
        (
            saved(Image.new("RGB", (16, 16)), "ICO"),
            "shoe: given unknown bytes, expected a whole image, one of JPEG, PNG",
        ),
        (PHOTO[: len(PHOTO) // 2], "shoe: given a JPEG image, cut short or damaged"),
        (PHOTO[:20], "shoe: given a JPEG image, cut short or damaged"),
        (png(4, 4, 8, 2), "shoe: given a PNG image, cut short or damaged"),
        (png(8_000, 8_000, 8, 2), "shoe: given 8000 x 8000 pixels, expected at most 50,000,000"),
        (png(30_000, 30_000, 8, 2), "shoe: given Image size .900000000 pixels"),
        (saved(Image.new("F", (2, 2)), "TIFF"), "shoe: given floating-point pixels"),
        (saved(Image.fromarray(np.array([[2**20]], np.int32)), "TIFF"), "shoe: given 32-bit pixels"),
    ],
)
def test_what_is_no_usable_image_is_named(content, message):
    with pytest.raises(InputError, match=message):
        decode_image(content, name="shoe")


def test_a_path_is_read_and_named(tmp_path):
    path = tmp_path / "a shoe é.png"
    path.write_bytes(saved(halves("red", "blue")))
    assert decode_image(path)[:, 0, 0].tolist() == RED
    path.write_bytes(b"<html>")
    with pytest.raises(InputError, match=r"a shoe é\.png: given an HTML page"):
        decode_image(path)
    with pytest.raises(InputError, match=r"gone\.png: given no such file"):
        decode_image(tmp_path / "gone.png")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "size: given 0"),
        ({"size": (64, -1)}, r"size: given \(64, -1\)"),
        ({"size": 8.0}, r"size: given 8\.0, expected a whole number"),
        ({"size": (8, 8, 3)}, r"size: given \(8, 8, 3\)"),
        ({"size": 10**5}, "size: given 100000, expected .* to 50,000,000 pixels"),
        ({"size": 8, "fit": "zoom"}, "fit: given 'zoom'"),
    ],
)
def test_an_impossible_size_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        decode_image(saved(halves("red", "blue")), **options)


def test_many_images_keep_their_order(tmp_path):
    for grey in range(40):
        Image.new("RGB", (3, 3), (grey,) * 3).save(tmp_path / f"{grey:02}.png")
    archive = Archive(tmp_path)
    images = decode_images(archive, archive.names[::-1], size=2)
    assert images.shape == (40, 3, 2, 2)
    assert images[:, 0, 0, 0].tolist() == list(range(39, -1, -1))


@pytest.fixture
def decoded(tmp_path, monkeypatch):
    """A folder of 400 images, 000.png broken, and the list that grows by each one decoded."""
    for name in range(400):
        (tmp_path / f"{name:03}.png").write_bytes(saved(halves("red", "blue")) if name else b"<html>")
    started = []

    def counted(*args, **options):
        started.append(1)
        return decode_image(*args, **options)

    monkeypatch.setattr(decode, "decode_image", counted)
    return Archive(tmp_path), started


def test_one_broken_image_among_many_stops_the_rest(decoded):
    archive, started = decoded
    with pytest.raises(InputError, match=rf"{archive.path.name}, '000\.png': given an HTML page"):
        decode_images(archive, archive.names, size=2)
    assert len(started) < 400


def test_an_interrupt_stops_the_rest(decoded, monkeypatch):
    archive, started = decoded

    def interrupted(results, **options):
        yield next(results)
        raise KeyboardInterrupt

    monkeypatch.setattr("tqdm.auto.tqdm", interrupted)
    with pytest.raises(KeyboardInterrupt):
        decode_images(archive, archive.names[1:], size=2)
    assert len(started) < 399
