"""The MRZ recogniser can be trained again from its seed, and the file in the repository is one of its kind."""

import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

import jax
import numpy as np
import onnx
import onnxruntime

import export
import network
import strips
import train
from glyphs import BLANK, FOREIGN

COMMITTED = HERE / "mrz_recogniser.onnx"
LARGEST = 2 * 1024 * 1024
# On 256 strips as hard as the training's, many beyond reading: see the model card.
LEAST_RIGHT = 0.93


def run(folder, steps, until=None):
    """A few steps of training, small ones."""
    return train.train(Path(folder), steps, batch=8, seed=3, workers=1, until=until)


def farthest(one, two):
    """The largest difference between two trees of arrays."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(two))
    return max(float(np.abs(np.asarray(a) - np.asarray(b)).max()) for a, b in pairs)


class Strips(unittest.TestCase):
    """What is trained on."""

    def test_a_seed_and_a_step_always_give_the_same_strips(self):
        (one, classes), (two, same) = train.batch_of((5, 1, 6)), train.batch_of((5, 1, 6))
        self.assertTrue(np.array_equal(one, two) and np.array_equal(classes, same))
        other, _ = train.batch_of((6, 1, 6))
        self.assertFalse(np.array_equal(one, other))

    def test_text_that_is_no_mrz_is_never_labelled_as_one(self):
        rng = np.random.default_rng(0)
        seen = {kind: set() for kind in strips.KINDS}
        for kind in strips.KINDS:
            for _ in range(20):
                line = strips.line(rng, kind, 20)
                seen[kind] |= {strips._class(character, line) for character in line.text}
        self.assertEqual(seen["nothing"], {BLANK})
        self.assertLessEqual(seen["turned"] | seen["other"], {BLANK, FOREIGN})
        self.assertGreater(len(seen["mrz"]), 30)


class Training(unittest.TestCase):
    """A few steps of it."""

    def test_the_loss_falls(self):
        with tempfile.TemporaryDirectory() as folder:
            losses = run(folder, 40)["losses"]
        self.assertLess(np.mean(losses[-5:]), 0.75 * np.mean(losses[:5]), losses)

    def test_a_run_that_was_interrupted_goes_on_to_the_same_weights(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            whole = run(one, 6)
            self.assertEqual(run(two, 6, until=3)["step"], 3)
            resumed = run(two, 6)
        self.assertEqual(resumed["step"], 6)
        self.assertLess(farthest(whole["weights"], resumed["weights"]), 1e-4)

    def test_the_exported_file_says_what_the_network_says(self):
        with tempfile.TemporaryDirectory() as folder:
            content = run(folder, 3)
        made = export.model(content["weights"], content["running"])
        self.assertLess(export.difference(made, content["weights"], content["running"]), export.FARTHEST)


class Committed(unittest.TestCase):
    """models/mrz/mrz_recogniser.onnx."""

    def test_it_is_this_network_and_small(self):
        self.assertLessEqual(COMMITTED.stat().st_size, LARGEST)
        made = export.model(*network.fresh(0))
        shapes = {part.name: list(part.dims) for part in onnx.load(COMMITTED).graph.initializer}
        self.assertEqual(shapes, {part.name: list(part.dims) for part in made.graph.initializer})

    def test_it_reads_strips_that_it_was_not_trained_on(self):
        session = onnxruntime.InferenceSession(COMMITTED)
        pictures, classes = train.batch_of((0, train.SEED + 99, 256))
        (found,) = session.run([export.OUTPUT], {export.INPUT: pictures[:, None].astype(np.float32)})
        characters = (classes >= 0) & (classes < BLANK)
        right = float((found.argmax(-1) == classes)[characters].mean())
        print(f"  steps on characters right: {right:.4f} of {characters.sum()}", flush=True)
        self.assertGreater(right, LEAST_RIGHT)


if __name__ == "__main__":
    unittest.main()
