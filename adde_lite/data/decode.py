"""Images from outside, made alike: any format, depth or orientation in, uint8 RGB of one size out."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from adde_lite.data.archive import Archive
from adde_lite.data.files import looks_like, read_bytes
from adde_lite.errors import InputError

MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")  # not EPS: Pillow hands that to Ghostscript
DEEPEST = 65_535  # the white of 16 bits
BACKGROUND = (255, 255, 255)  # product photos stand on white
ORIENTATION = 0x0112  # the EXIF tag
TURNS: dict[int | None, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Size: TypeAlias = int | tuple[int, int]
Fit: TypeAlias = Literal["pad", "stretch", "crop"]


def decode_image(
    source: bytes | str | Path, *, size: Size | None = None, fit: Fit = "pad", name: str = "image"
) -> Tensor:
    """One image as uint8 (3, H, W), RGB.

    Upright as its EXIF says; the first frame of an animation; transparent parts on white; 16 bits a channel scaled to
    8; colour profiles ignored.

    Args:
        source: a path, or the content of a file.
        size: (H, W), or one number for both; None keeps the image's own.
        fit: how another aspect ratio gets in: "pad" with white, "stretch", or "crop" around the centre.
        name: what to call the content in messages; a path is called by itself.

    Raises:
        InputError: missing, empty, cut short or unreadable, not an image, of more than MAX_PIXELS, or of pixels
            without a range (floating point).
    """
    wanted = None if size is None else height_width(size, fit)
    if not isinstance(source, bytes):
        name, source = str(source), read_bytes(source)
    image = _upright_rgb(source, name, None if wanted is None else 2 * max(wanted))
    if wanted is not None and wanted != (image.height, image.width):
        image = _fitted(image, *wanted, fit)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


def decode_named(files: Archive, name: str, *, size: Size, fit: Fit) -> Tensor:
    """One file of a folder or zip, as `decode_image`; messages name both."""
    return decode_image(files.read(name), size=size, fit=fit, name=f"{files.path}, {name!r}")


def decode_images(files: Archive, names: Sequence[str], *, size: Size, fit: Fit = "pad") -> Tensor:
    """Many images as uint8 (N, 3, H, W), decoded by several threads under a progress bar.

    Args:
        files: the folder or zip that holds them.
        names: N names of files in it, in the order of the result.
        size, fit: as `decode_image`.

    Raises:
        InputError: as `decode_image`, for the first name in order that fails; the other images are not awaited.
    """
    from tqdm.auto import tqdm  # looks for a notebook, which takes a while

    height, width = height_width(size, fit)
    images = torch.empty(len(names), 3, height, width, dtype=torch.uint8)

    def decode(place: int) -> None:
        images[place] = decode_named(files, names[place], size=size, fit=fit)

    threads = ThreadPoolExecutor()  # Pillow leaves the interpreter free while it decodes
    try:
        for _ in tqdm(threads.map(decode, range(len(names))), total=len(names), desc="images", delay=1, leave=False):
            pass
    finally:
        threads.shutdown(cancel_futures=True)
    return images


def height_width(size: Size, fit: str) -> tuple[int, int]:
    """(H, W) of a size. Raises InputError for one that no image can have, and for an unknown way to fit."""
    sides = size if isinstance(size, tuple | list) else (size, size)
    if len(sides) != 2 or not all(isinstance(side, int) for side in sides):
        raise InputError("size", repr(size), "a whole number, or two: (H, W)", "Choose 64 for learning.")
    height, width = sides
    if min(height, width) < 1 or height * width > MAX_PIXELS:
        raise InputError("size", str(size), f"(H, W) of 1 to {MAX_PIXELS:,} pixels", "Choose 64 for learning.")
    if fit not in ("pad", "stretch", "crop"):
        raise InputError("fit", repr(fit), "'pad', 'stretch' or 'crop'", "Choose one of them.")
    return height, width


def _upright_rgb(content: bytes, name: str, enough: int | None) -> Image.Image:
    """The picture as it should be seen; a JPEG may come smaller, with both sides still of `enough` pixels."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError(f"{image.width} x {image.height} pixels")
            if enough is not None:
                image.draft(None, (enough, enough))
            image.load()  # some formats keep EXIF behind the pixels
            return _rgb(_upright(image), name)
    except InputError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(name, str(error), f"at most {MAX_PIXELS:,} pixels", "Scale it down first.") from error
    except Exception as error:  # a damaged file makes Pillow fail in ways of every type
        kind = looks_like(content)
        given = f"{kind}, cut short or damaged ({error})" if kind.endswith("image") else kind
        expected = f"a whole image, one of {', '.join(FORMATS)}"
        raise InputError(name, given, expected, "Download it again, or remove it.") from error


def _upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF says; as its pixels lie where that cannot be read."""
    try:
        orientation = image.getexif().get(ORIENTATION)
    except Exception:  # it fails in ways of every type, and the pixels are whole
        return image
    turn = TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _rgb(image: Image.Image, name: str) -> Image.Image:
    if image.mode == "F":
        raise InputError(name, "floating-point pixels", "8 or 16 bits a channel", "Save it as PNG or JPEG.")
    if image.mode.startswith("I"):
        levels = np.asarray(image)
        if levels.min() < 0 or levels.max() > DEEPEST:
            raise InputError(name, "32-bit pixels", "8 or 16 bits a channel", "Save it as PNG or JPEG.")
        image = Image.fromarray((levels / DEEPEST * 255).round().astype(np.uint8))  # convert() would clip to white
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, BACKGROUND), image)
    return image.convert("RGB")


def _fitted(image: Image.Image, height: int, width: int, fit: Fit) -> Image.Image:
    filtered = Image.Resampling.BICUBIC
    if fit == "stretch":
        return image.resize((width, height), filtered)
    if fit == "crop":
        return ImageOps.fit(image, (width, height), filtered)
    scale = min(width / image.width, height / image.height)
    inner = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    padded = Image.new("RGB", (width, height), BACKGROUND)
    padded.paste(image.resize(inner, filtered), ((width - inner[0]) // 2, (height - inner[1]) // 2))
    return padded
