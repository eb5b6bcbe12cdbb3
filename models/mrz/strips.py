"""Strips to train on: a printed line, seen by a camera, cut out as the reader cuts lines out.

    row of cells ─► page (neighbouring rows) ─► camera (pose, ink, background, blur, noise, JPEG) ─► strip HEIGHT x WIDTH
                                                                                            └─► a class for each step of STEP pixels
"""

from dataclasses import dataclass

import cv2
import numpy as np

import glyphs
import paper
import texts
from glyphs import ALPHABET, BLANK, CAPITAL, CELL_HEIGHT, CELL_WIDTH, FOREIGN

HEIGHT = 32
WIDTH = 256
STEP = 4
IGNORED = -1
# Lines of an MRZ stand 6.35 mm apart, 2.5 times the pitch (ICAO 9303-3, 4.1).
ROW_SPACING = 2.5
# A step counts as a character's within this share of the pitch around its middle, as none beyond the second.
INSIDE, OUTSIDE = 0.24, 0.31
KINDS = ("mrz", "turned", "other", "nothing")
SHARES = (0.83, 0.06, 0.08, 0.03)


@dataclass
class Line:
    """What is printed: characters side by side, with empty places before and after."""

    text: str
    font: str
    weight: int
    turned: bool
    foreign: bool


def line(rng: np.random.Generator, kind: str, count: int) -> Line:
    text = texts.other(rng, count) if kind == "other" else texts.mrz(rng, count)
    if kind == "nothing":
        text = " " * count
    if rng.random() < 0.35:
        cut = int(rng.integers(2, max(count // 2, 3)))
        text = " " * cut + text[cut:] if rng.random() < 0.5 else text[:-cut] + " " * cut
    fonts = glyphs.OTHERS if kind == "other" and rng.random() < 0.85 else glyphs.OCR_B
    return Line(text, str(rng.choice(fonts)), int(rng.choice(glyphs.WEIGHTS)), kind == "turned", kind == "other")


def page(rng: np.random.Generator, middle: Line) -> np.ndarray:
    """Ink of the line with its neighbours above and below, three rows high."""
    step = int(CELL_WIDTH * ROW_SPACING * rng.uniform(0.85, 1.15))
    jitter = float(rng.choice([0.0, 0.0, 1.0]))
    rows = [None, glyphs.row(middle.text, middle.font, middle.weight, rng, jitter), None]
    for index in (0, 2):
        if rng.random() < 0.7:
            beside = texts.mrz(rng, len(middle.text)) if rng.random() < 0.75 else texts.other(rng, len(middle.text))
            rows[index] = glyphs.row(beside, middle.font, middle.weight, rng, jitter)
    sheet = np.zeros((step * 2 + CELL_HEIGHT, rows[1].shape[1]), np.uint8)
    for index, ink in enumerate(rows):
        if ink is not None:
            place = sheet[index * step : index * step + CELL_HEIGHT]
            np.maximum(place, ink, out=place)
    return sheet[:, ::-1][::-1] if middle.turned else sheet


def _camera(rng: np.random.Generator, capital: float, strip_scale: float) -> tuple[np.ndarray, tuple[int, int]]:
    """From strip pixels to camera pixels, and the camera picture's size."""
    small, wide, any_angle = rng.normal(0, 1.5), rng.uniform(-15, 15), rng.uniform(0, 360)
    draw = rng.random()
    angle = np.radians(small if draw < 0.6 else wide if draw < 0.9 or capital > 16 else any_angle)
    scale = 1.0 / strip_scale
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    lean = np.eye(3)
    lean[2, 0], lean[2, 1] = rng.normal(0, 3e-4), rng.normal(0, 1e-3)
    matrix = turn @ np.diag([scale, scale, 1.0]) @ lean
    corners = cv2.perspectiveTransform(np.array([[[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]]], np.float64), matrix)[0]
    low, high = corners.min(0) - 3, corners.max(0) + 3
    move = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]])
    size = np.ceil(high - low).astype(int)
    return move @ matrix, (int(size[0]), int(size[1]))


def strip(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One strip (HEIGHT x WIDTH, uint8) and its classes (WIDTH / STEP, int8)."""
    kind = str(rng.choice(KINDS, p=SHARES))
    capital = float(np.exp(rng.uniform(np.log(5.5), np.log(40.0))))  # in camera pixels
    tall = float(np.clip(rng.normal(18.0, 2.8), 11.0, 27.0))  # in strip pixels
    stretch = float(np.clip(rng.normal(1.0, 0.09), 0.75, 1.3))
    pitch = tall * CELL_WIDTH / CAPITAL * stretch
    count = int(np.ceil(WIDTH / pitch)) + 3
    middle = line(rng, kind, count)
    ink = page(rng, middle)
    to_strip = _placed(rng, ink.shape, tall, pitch)
    to_camera, size = _camera(rng, capital, tall / capital)
    seen = paper.seen(rng, ink, to_camera @ to_strip, size, capital)
    picture = _cut(rng, seen, to_camera)
    return picture, _classes(middle, ink.shape, to_strip)


def _placed(rng: np.random.Generator, shape: tuple[int, int], tall: float, pitch: float) -> np.ndarray:
    """From sheet pixels to strip pixels: the line somewhere about the strip's middle, a little turned and sheared."""
    across, down = pitch / CELL_WIDTH, tall / CAPITAL
    baseline = shape[0] / 2 - CELL_HEIGHT / 2 + 64 - CAPITAL / 2  # the capitals' middle
    start = rng.uniform(0.0, 1.5 * pitch)
    slope = np.tan(np.radians(np.clip(rng.normal(0, 0.8), -2.2, 2.2)))
    shear = np.clip(rng.normal(0, 0.06), -0.2, 0.2)
    drift = np.clip(rng.normal(0, 0.09) * tall, -4.5, 4.5)
    scaled = np.array([[across, 0, -start], [0, down, HEIGHT / 2 - baseline * down + drift], [0, 0, 1]])
    lean = np.array([[1, shear, -shear * HEIGHT / 2], [slope, 1, -slope * WIDTH / 2], [0, 0, 1]])
    return lean @ scaled


def _cut(rng: np.random.Generator, seen: np.ndarray, to_camera: np.ndarray) -> np.ndarray:
    """The strip cut out of the camera's picture, as the reader does it."""
    flags = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_CUBIC
    return cv2.warpPerspective(seen, to_camera, (WIDTH, HEIGHT), flags=flags | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)


def _classes(middle: Line, shape: tuple[int, int], to_strip: np.ndarray) -> np.ndarray:
    """The class of each step: the character at its middle, blank between characters, ignored where neither is sure."""
    count = len(middle.text)
    centres = CELL_WIDTH * (np.arange(count) + 1.0)
    heights = np.full(count, shape[0] / 2 - CELL_HEIGHT / 2 + 64 - CAPITAL / 2)
    text = middle.text
    if middle.turned:
        centres, text = shape[1] - centres, text
    places = cv2.perspectiveTransform(np.stack([centres, heights], 1)[None], to_strip)[0, :, 0]
    pitch = abs(places[-1] - places[0]) / max(count - 1, 1)
    steps = (np.arange(WIDTH // STEP) + 0.5) * STEP
    away = np.abs(steps[:, None] - places[None, :]) / pitch
    nearest = away.argmin(1)
    near = away.min(1)
    names = np.array([_class(character, middle) for character in text], np.int8)
    classes = np.where(near < INSIDE, names[nearest], np.where(near > OUTSIDE, BLANK, IGNORED))
    empty = names[nearest] == BLANK
    return np.where(empty & (near <= OUTSIDE), BLANK, classes).astype(np.int8)


def _class(character: str, middle: Line) -> int:
    if character == " ":
        return BLANK
    return FOREIGN if middle.turned or middle.foreign else ALPHABET.index(character)


def batch(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` strips and their classes."""
    pairs = [strip(rng) for _ in range(count)]
    return np.stack([picture for picture, _ in pairs]), np.stack([classes for _, classes in pairs])
