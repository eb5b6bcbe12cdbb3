"""Trains the network on strips that are made as it goes: `python train.py --out FOLDER`.

Every step's strips follow from the seed and the step's number alone, so that a run that was interrupted goes on
from its checkpoint to the same weights (up to the order in which floating point sums are taken).
"""

import argparse
import json
import multiprocessing
import pickle
import time
from pathlib import Path

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import optax

import network
import strips
from glyphs import BLANK

SEED = 20261121
BATCH = 64
STEPS = 6000
PEAK_RATE = 3e-3
CHECKPOINT_EVERY = 250
# Steps whose strips are prepared ahead: bounds memory.
AHEAD = 12


def batch_of(step_and_seed: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The strips of one step."""
    step, seed, count = step_and_seed
    cv2.setNumThreads(1)
    return strips.batch(np.random.default_rng([seed, step]), count)


def optimiser(steps: int) -> optax.GradientTransformation:
    warm = min(200, max(steps // 10, 1))
    rate = optax.warmup_cosine_decay_schedule(PEAK_RATE / 20, PEAK_RATE, warm, steps, PEAK_RATE / 300)
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, weight_decay=1e-3))


def stepper(chosen: optax.GradientTransformation):
    """One step of training, compiled."""

    @jax.jit
    def step(weights, running, state, pictures, classes):
        (value, (running, right)), slopes = jax.value_and_grad(network.loss, has_aux=True)(weights, running, pictures, classes)
        updates, state = chosen.update(slopes, state, weights)
        return optax.apply_updates(weights, updates), running, state, value, right

    return step


def save(path: Path, content: dict) -> None:
    """Writes the checkpoint whole."""
    beside = path.with_suffix(".new")
    beside.write_bytes(pickle.dumps(jax.tree.map(np.asarray, content)))
    beside.replace(path)


def measured(weights: dict, running: dict, seed: int, batches: int) -> dict:
    """How well characters are read on strips that no training step sees."""
    predict = jax.jit(lambda pictures: network.forward(weights, running, pictures, False)[0].argmax(-1))
    right = counted = characters = hits = 0
    for index in range(batches):
        pictures, classes = batch_of((index, seed, BATCH))
        seen = np.asarray(predict(pictures))
        known = classes >= 0
        right, counted = right + int(((seen == classes) & known).sum()), counted + int(known.sum())
        letters = known & (classes < BLANK)
        hits, characters = hits + int(((seen == classes) & letters).sum()), characters + int(letters.sum())
    return {"steps_right": right / counted, "character_steps_right": hits / characters, "strips": batches * BATCH}


def train(out: Path, steps: int, batch: int, seed: int, workers: int, until: int | None = None) -> dict:
    """Trains `steps` steps (or on to step `until`, for a run that is to be resumed); gives the last checkpoint's content."""
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pickle"
    chosen = optimiser(steps)
    weights, running = network.fresh(seed)
    content = {"step": 0, "weights": weights, "running": running, "state": chosen.init(weights)}
    if checkpoint.exists():
        content = pickle.loads(checkpoint.read_bytes())
    weights, running, state = (jax.tree.map(jnp.asarray, content[key]) for key in ("weights", "running", "state"))
    step, last = stepper(chosen), min(steps, until or steps)
    started, losses = time.monotonic(), []
    wanted = ((index, seed, batch) for index in range(content["step"], last))
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        made = (pool.apply_async(batch_of, (one,)) for one in wanted)
        queue = [one for _, one in zip(range(AHEAD), made)]
        for index in range(content["step"], last):
            pictures, classes = queue.pop(0).get()
            queue.extend(one for _, one in zip(range(1), made))
            weights, running, state, value, right = step(weights, running, state, pictures, classes.astype(np.int32))
            losses.append(float(value))
            if (index + 1) % 50 == 0:
                print(f"step {index + 1}: loss {np.mean(losses[-50:]):.4f}, right {float(right):.4f}, {time.monotonic() - started:.0f} s", flush=True)
            if (index + 1) % CHECKPOINT_EVERY == 0 or index + 1 == last:
                content = {"step": index + 1, "weights": weights, "running": running, "state": state, "losses": losses}
                save(checkpoint, content)
    return content


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    arguments.add_argument("--steps", type=int, default=STEPS)
    arguments.add_argument("--batch", type=int, default=BATCH)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--workers", type=int, default=1)
    given = arguments.parse_args()
    content = train(given.out, given.steps, given.batch, given.seed, given.workers)
    print(json.dumps(measured(content["weights"], content["running"], given.seed + 1, 20)))


if __name__ == "__main__":
    main()
