"""Glyphs: OCR-B and other type as masks of ink, one cell a character.

A cell is CELL_WIDTH x CELL_HEIGHT pixels, 255 where ink is; OCR-B's own advance is the cell's width, so that
cells side by side are a printed line at the pitch of ISO 1073-2 (2.54 mm).
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
BLANK = len(ALPHABET)
FOREIGN = BLANK + 1
CLASSES = FOREIGN + 1

CELL_WIDTH = 48
CELL_HEIGHT = 80
# Height of OCR-B's capitals in a cell: 2.54 mm pitch, 2.57 mm capitals in Debian's OCR-B.
CAPITAL = 48
WEIGHTS = (-2, -1, 0, 1, 2, 3)

OCR_B = ("/usr/share/fonts/opentype/ocr-b/OCRB.otf", "/usr/share/fonts/opentype/ocr-b/OCRBS.otf")
OTHERS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
)
OTHER_CHARACTERS = "abcdefghijklmnopqrstuvwxyzäéüøABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:/-()&>"


@cache
def font(path: str) -> ImageFont.FreeTypeFont:
    """The font at the size whose advance (OCR-B) is a cell's width."""
    if not Path(path).exists():
        raise SystemExit(f"{path} is missing: apt install fonts-ocr-b fonts-dejavu-core")
    size = 66 if "ocr-b" in path else 62
    return ImageFont.truetype(path, size)


@cache
def glyph(path: str, character: str, weight: int) -> np.ndarray:
    """One character in its cell; `weight` makes strokes thinner or thicker by that many pixels."""
    cell = Image.new("L", (CELL_WIDTH + 32, CELL_HEIGHT), 0)
    drawn = ImageDraw.Draw(cell)
    drawn.text((16 + CELL_WIDTH / 2, 64), character, font=font(path), fill=255, anchor="ms")
    ink = np.asarray(cell)
    if weight:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(weight) + 1, abs(weight) + 1))
        ink = cv2.dilate(ink, kernel) if weight > 0 else cv2.erode(ink, kernel)
    return ink


def row(characters: str, path: str, weight: int, rng: np.random.Generator, jitter: float) -> np.ndarray:
    """A printed row, a cell a character and half a cell of air at each end; printers place characters with jitter."""
    line = np.zeros((CELL_HEIGHT, CELL_WIDTH * (len(characters) + 1)), np.uint8)
    for index, character in enumerate(characters):
        if character == " ":
            continue
        ink = glyph(path, character, weight)
        shift = int(rng.normal(0.0, jitter))
        left = CELL_WIDTH // 2 + CELL_WIDTH * index - 16 + shift
        start, end = max(left, 0), min(left + ink.shape[1], line.shape[1])
        np.maximum(line[:, start:end], ink[:, start - left : end - left], out=line[:, start:end])
    return line
