"""SVG text to pixels. Also run by path as a worker: no import from the package, so that it starts in no time.

As a worker it reads a size and SVG texts from standard input, separated by zero bytes, and writes the pixels of all
pictures, uint8 (n, 3, size, size), to standard output.
"""

import io
import sys

from PIL import Image

DRAWN_LARGER = 128  # up to this size, drawing larger and averaging down looks clearly better
TIMES_LARGER = 1.5  # twice looks hardly better and takes half as long again


def rasterise(svg: str, size: int) -> bytes:
    """The pixels of a picture, uint8 (3, size, size) in row-major order."""
    import resvg_py  # whoever imports the package but draws nothing should not pay for it

    drawn = round(size * TIMES_LARGER) if size <= DRAWN_LARGER else size
    png = resvg_py.svg_to_bytes(svg_string=svg, width=drawn, height=drawn, skip_system_fonts=True)
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    if drawn != size:
        picture = picture.resize((size, size), Image.Resampling.BOX)
    return b"".join(channel.tobytes() for channel in picture.split())


def _work() -> None:
    size, *texts = sys.stdin.buffer.read().decode().split("\0")
    for text in texts:
        sys.stdout.buffer.write(rasterise(text, int(size)))


if __name__ == "__main__":
    try:
        _work()
    except KeyboardInterrupt:  # Ctrl-C reaches the whole group of processes; the parent reports it
        sys.exit(130)
