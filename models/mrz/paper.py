"""What a camera sees of printed ink: security background, light, foil, blur, noise, JPEG."""

import cv2
import numpy as np


def seen(rng: np.random.Generator, ink: np.ndarray, to_camera: np.ndarray, size: tuple[int, int], capital: float) -> np.ndarray:
    """The camera's picture (uint8) of the sheet of ink; `capital` is the height of capitals in its pixels."""
    mask = _projected(ink, to_camera, size) / 255.0
    mask *= _wear(rng, mask.shape)
    background = _background(rng, mask.shape, capital)
    dark = rng.uniform(5, 90) + _smooth(rng, mask.shape, 12) * rng.uniform(0, 20)
    dark = np.minimum(dark, background - rng.uniform(35, 80))
    picture = background + (dark - background) * mask
    picture = _light(rng, picture)
    picture = _blurred(rng, picture, capital)
    picture = picture + rng.normal(0, 1, picture.shape) * rng.choice([0.5, 2.0, 5.0, 9.0, 14.0], p=[0.25, 0.3, 0.25, 0.15, 0.05])
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return _recoded(rng, picture)


def _projected(ink: np.ndarray, to_camera: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The sheet as it falls on the sensor, averaged over its pixels."""
    area = abs(np.linalg.det(to_camera[:2, :2]))
    shrink = min(1.0, 1.6 * float(np.sqrt(max(area, 1e-6))))
    small = cv2.resize(ink, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    back = np.diag([ink.shape[1] / small.shape[1], ink.shape[0] / small.shape[0], 1.0])
    return cv2.warpPerspective(small, to_camera @ back, size, flags=cv2.INTER_LINEAR).astype(np.float32)


def _smooth(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> np.ndarray:
    """Noise of low frequency, -1 to 1."""
    coarse = rng.uniform(-1, 1, (max(2, cells * shape[0] // max(shape)), max(2, cells * shape[1] // max(shape))))
    return cv2.resize(coarse.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)


def _wear(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Share of the ink that is left: uneven printing and rubbing."""
    if rng.random() < 0.5:
        return np.ones(shape, np.float32)
    return np.clip(1.0 - rng.uniform(0, 0.5) * (_smooth(rng, shape, 40) + 0.6), 0.35, 1.0).astype(np.float32)


def _background(rng: np.random.Generator, shape: tuple[int, int], capital: float) -> np.ndarray:
    base = np.full(shape, rng.uniform(130, 250), np.float32)
    base += _smooth(rng, shape, 3) * rng.uniform(0, 25)
    if rng.random() < 0.6:
        base += _lines(rng, shape, capital) * rng.uniform(3, 32)
    if rng.random() < 0.25:
        base += _smooth(rng, shape, 90) * rng.uniform(3, 18)
    if rng.random() < 0.15:
        base += _blotches(rng, shape, capital)
    return base


def _lines(rng: np.random.Generator, shape: tuple[int, int], capital: float) -> np.ndarray:
    """Fine wavy lines, as security printing has them."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    total = np.zeros(shape, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        angle, period = rng.uniform(0, np.pi), capital * rng.uniform(0.12, 1.2)
        bend, wave = rng.uniform(0, 1.5) * period, capital * rng.uniform(2, 12)
        along = x * np.cos(angle) + y * np.sin(angle)
        across = y * np.cos(angle) - x * np.sin(angle)
        stripes = np.sin(2 * np.pi * (across + bend * np.sin(2 * np.pi * along / wave)) / period)
        total -= np.clip(stripes - rng.uniform(-0.5, 0.6), 0, 1)
    return total


def _blotches(rng: np.random.Generator, shape: tuple[int, int], capital: float) -> np.ndarray:
    """Darker or lighter shapes behind the text: arms, letters, arcs."""
    drawn = np.zeros(shape, np.float32)
    for _ in range(int(rng.integers(1, 5))):
        centre = (int(rng.uniform(0, shape[1])), int(rng.uniform(0, shape[0])))
        axes = (int(capital * rng.uniform(1, 6)) + 1, int(capital * rng.uniform(0.5, 4)) + 1)
        thick = int(rng.choice([-1, 1, 2, 3]))
        cv2.ellipse(drawn, centre, axes, rng.uniform(0, 180), 0, 360, float(rng.uniform(-40, 30)), thick)
    return cv2.GaussianBlur(drawn, (0, 0), 0.5 + rng.uniform(0, 0.15) * capital)


def _light(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Uneven light, exposure, and now and then a streak of reflection that leaves some contrast."""
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    ramp = (x * np.cos(angle) + y * np.sin(angle)) / max(picture.shape)
    picture = picture * (1.0 + rng.uniform(-0.35, 0.35) * ramp) * rng.uniform(0.55, 1.1)
    if rng.random() < 0.2:
        place, width = rng.uniform(0, 1), rng.uniform(0.02, 0.2)
        streak = np.exp(-(((ramp - place) / width) ** 2))
        keep = rng.uniform(0.35, 0.9)
        picture = picture * (1 - streak * (1 - keep)) + 255 * streak * (1 - keep)
    if rng.random() < 0.3:
        picture = 255 * np.power(np.clip(picture, 0, 255) / 255, rng.uniform(0.6, 1.7))
    return picture


def _blurred(rng: np.random.Generator, picture: np.ndarray, capital: float) -> np.ndarray:
    """Out of focus, and sometimes moved: both in shares of a character's height."""
    sigma = capital * rng.choice([rng.uniform(0.0, 0.05), rng.uniform(0.05, 0.13)], p=[0.65, 0.35])
    if sigma > 0.25:
        picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    if rng.random() < 0.15:
        length = max(2, int(capital * rng.uniform(0.08, 0.3)))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        reach = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
        middle = (length - 1) / 2
        ends = [tuple(int(round(middle + sign * part)) for part in reach) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0, 1)
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    if rng.random() < 0.15:  # sharpened by the camera
        picture = picture + rng.uniform(0.3, 1.2) * (picture - cv2.GaussianBlur(picture, (0, 0), 1.2))
    return picture


def _recoded(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    if rng.random() < 0.3:
        return picture
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(35, 97))])
    return cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
