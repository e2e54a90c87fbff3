"""What a simulated guest's display shows: the last lines of its console."""

import io

from PIL import Image, ImageDraw

_COLUMNS, _LINES = 80, 25
_CELL = 9, 16  # pixels: VGA's text mode


def png(console: bytes) -> bytes:
    """The screen, 80 by 25, as a PNG."""
    text = console.decode(errors="replace").replace("\r", "")
    lines = [line[:_COLUMNS] for line in text.split("\n")[-_LINES:]]
    image = Image.new("RGB", (_COLUMNS * _CELL[0], _LINES * _CELL[1]))
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        draw.text((0, row * _CELL[1]), line, fill=(170, 170, 170))
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()
