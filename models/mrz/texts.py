"""Texts to train on: what an MRZ line may hold, with every character as likely to be met in doubt."""

import numpy as np

from glyphs import ALPHABET, OTHER_CHARACTERS

LETTERS = ALPHABET[10:36]
DIGITS = ALPHABET[:10]
# What readers of OCR-B confuse, met more often than by chance.
LOOK_ALIKES = ("0O", "1I", "8B", "5S", "2Z", "0D", "0Q", "6G", "MNH", "VY", "UV", "CG", "EF", "7Z1", "4A", "KX", "WM", "3B8", "PR", "TI", "<KX", "JU", "L1")


def _letters(rng: np.random.Generator, least: int, most: int) -> str:
    return "".join(rng.choice(list(LETTERS), rng.integers(least, most + 1)))


def _name(rng: np.random.Generator) -> str:
    parts = [_letters(rng, 2, 9) for _ in range(rng.integers(2, 5))]
    parts.insert(1, "")
    return "<".join(parts) + "<" * int(rng.integers(0, 12))


def _number(rng: np.random.Generator) -> str:
    digits = "".join(rng.choice(list(DIGITS), rng.integers(5, 12)))
    return _letters(rng, 0, 3) + digits + "<" * int(rng.integers(0, 4))


def _mixed(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list(ALPHABET), 8))


def _alike(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list(rng.choice(LOOK_ALIKES)), 6))


def mrz(rng: np.random.Generator, count: int) -> str:
    """`count` characters as they might follow one another in an MRZ line."""
    text = ""
    while len(text) < count:
        make = rng.choice([_name, _number, _mixed, _alike], p=[0.3, 0.25, 0.3, 0.15])
        text += make(rng)
    return text[:count]


def other(rng: np.random.Generator, count: int) -> str:
    """Text of a visual zone: no character of it belongs to an MRZ."""
    text = rng.choice(list(OTHER_CHARACTERS + "   "), count)
    if rng.random() < 0.4:
        text = rng.choice(list(LETTERS + "  "), count)
    return "".join(text)
