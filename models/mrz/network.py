"""The network: a small fully convolutional reader of strips, classes a step out.

    1 x 32 x W ─ 5x5/2 ─► 24 x 16 x W/2 ─ /(2,1) ─► 48 x 8 x W/2 ─ /2 ─► 64 x 4 x W/4 ─► 96 ─ /(2,1) ─► 96 x 2 x W/4
        ─ (2,3) ─► 128 x 1 x W/4 ─ 1x5 ─► 128 ─ 1x5 ─► 128 ─ 1x1 ─► CLASSES x W/4

Each convolution is followed by batch normalisation and ReLU, the last by neither. NHWC here, NCHW when exported.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from glyphs import CLASSES

EPSILON = 1e-3
MOMENTUM = 0.98
# Grey levels: strips of less contrast are not amplified further.
LEAST_DEVIATION = 4.0


@dataclass(frozen=True)
class Layer:
    """A convolution: channels out, kernel and stride (rows, columns), padding (rows, columns) on each side."""

    name: str
    channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


LAYERS = (
    Layer("stem", 24, (5, 5), (2, 2), (2, 2)),
    Layer("strokes", 48, (3, 3), (2, 1), (1, 1)),
    Layer("parts", 64, (3, 3), (2, 2), (1, 1)),
    Layer("shapes", 96, (3, 3), (1, 1), (1, 1)),
    Layer("halves", 96, (3, 3), (2, 1), (1, 1)),
    Layer("characters", 128, (2, 3), (1, 1), (0, 1)),
    Layer("beside", 128, (1, 5), (1, 1), (0, 2)),
    Layer("beside_again", 128, (1, 5), (1, 1), (0, 2)),
    Layer("classes", CLASSES, (1, 1), (1, 1), (0, 0)),
)


def fresh(seed: int) -> tuple[dict, dict]:
    """Weights and running statistics at the start (He's initialisation)."""
    rng = np.random.default_rng(seed)
    weights, running, inputs = {}, {}, 1
    for layer in LAYERS:
        fan_in = inputs * layer.kernel[0] * layer.kernel[1]
        shape = (*layer.kernel, inputs, layer.channels)
        weights[layer.name] = {
            "kernel": jnp.asarray(rng.normal(0, np.sqrt(2 / fan_in), shape), jnp.float32),
            "scale": jnp.ones(layer.channels),
            "shift": jnp.zeros(layer.channels),
        }
        running[layer.name] = {"mean": jnp.zeros(layer.channels), "variance": jnp.ones(layer.channels)}
        inputs = layer.channels
    return weights, running


def normalised(strips: jnp.ndarray) -> jnp.ndarray:
    """Strips (batch, rows, columns; 0 to 255) with mean 0 and deviation 1 each: light and contrast taken out."""
    values = strips.astype(jnp.float32)
    mean = values.mean((1, 2), keepdims=True)
    deviation = values.std((1, 2), keepdims=True)
    return ((values - mean) / jnp.maximum(deviation, LEAST_DEVIATION))[..., None]


def forward(weights: dict, running: dict, strips: jnp.ndarray, training: bool) -> tuple[jnp.ndarray, dict]:
    """Logits (batch, steps, classes) and the running statistics after this batch."""
    values, after = normalised(strips), {}
    for layer in LAYERS:
        own = weights[layer.name]
        rows, columns = layer.padding
        values = jax.lax.conv_general_dilated(
            values, own["kernel"], layer.stride, ((rows, rows), (columns, columns)), dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        if layer.name == "classes":
            values, after[layer.name] = values + own["shift"], running[layer.name]
            continue
        values, after[layer.name] = _normalise(values, own, running[layer.name], training)
        values = jax.nn.relu(values)
    return values[:, 0], after


def _normalise(values: jnp.ndarray, own: dict, running: dict, training: bool) -> tuple[jnp.ndarray, dict]:
    mean, variance = running["mean"], running["variance"]
    if training:
        mean, variance = values.mean((0, 1, 2)), values.var((0, 1, 2))
        running = {
            "mean": MOMENTUM * running["mean"] + (1 - MOMENTUM) * mean,
            "variance": MOMENTUM * running["variance"] + (1 - MOMENTUM) * variance,
        }
    factor = own["scale"] * jax.lax.rsqrt(variance + EPSILON)
    return values * factor + (own["shift"] - mean * factor), running


def loss(weights: dict, running: dict, strips: jnp.ndarray, classes: jnp.ndarray) -> tuple[jnp.ndarray, tuple[dict, jnp.ndarray]]:
    """Mean cross-entropy over the steps that are not ignored; also the statistics and the share of right steps."""
    logits, after = forward(weights, running, strips, True)
    counted = (classes >= 0).astype(jnp.float32)
    wanted = jnp.maximum(classes, 0)
    likelihood = jnp.take_along_axis(jax.nn.log_softmax(logits), wanted[..., None], -1)[..., 0]
    total = jnp.maximum(counted.sum(), 1.0)
    right = ((logits.argmax(-1) == wanted) * counted).sum() / total
    return -(likelihood * counted).sum() / total, (after, right)
