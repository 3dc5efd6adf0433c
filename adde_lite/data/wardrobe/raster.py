"""SVG text to pixels. Also run by path as a worker: no import from the package, so that it starts in no time.

As a worker it reads a size and SVG texts from standard input, separated by zero bytes, and writes the pixels of all
pictures, uint8 (n, 3, size, size), to standard output.
"""

import io
import sys

from PIL import Image

DRAWN_AT_DOUBLE = 128  # up to this size, drawing at twice the size and averaging down looks clearly better


def rasterise(svg: str, size: int) -> bytes:
    """The pixels of a picture, uint8 (3, size, size) in row-major order."""
    import resvg_py  # whoever imports the package but draws nothing should not pay for it

    factor = 2 if size <= DRAWN_AT_DOUBLE else 1
    png = resvg_py.svg_to_bytes(svg_string=svg, width=size * factor, height=size * factor, skip_system_fonts=True)
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    if factor > 1:
        picture = picture.reduce(factor)
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
