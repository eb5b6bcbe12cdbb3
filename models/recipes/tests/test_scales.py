"""PReLUs and sums of unlike widths, written in other ops, say what they said before."""

import collections
import unittest

import numpy as np

import support
import graph  # noqa: E402  (support puts its folder on the path)

SIDE, FEW, MANY = 12, 16, 32


class Net:
    """A small network with random weights."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.graph = graph.Graph("net", {"image": (1, 3, SIDE, SIDE)})

    def conv(self, x, out, kernel=1, stride=1):
        """A convolution with its bias."""
        into = self.graph.real(x)
        weights = self.random.normal(0, 1 / np.sqrt(into * kernel * kernel), (out, into, kernel, kernel))
        pads = (kernel // 2,) * 4 if stride == 1 else (0, 0, 1, 1)
        return self.graph.conv(x, weights, self.random.normal(0, 0.1, out), stride, pads)

    def each(self, x, stride=1):
        """A convolution of each channel alone."""
        channels = self.graph.real(x)
        weights = self.random.normal(0, 0.3, (channels, 1, 3, 3))
        pads = (1, 1, 1, 1) if stride == 1 else (0, 0, 1, 1)
        return self.graph.conv(x, weights, None, stride, pads, groups=channels)

    def bend(self, x, low, high):
        """A PReLU with slopes between two."""
        return self.graph.prelu(x, self.random.uniform(low, high, self.graph.real(x)))

    def residual(self, x, low, high):
        """A block whose input is added to what it makes of it."""
        return self.bend(self.graph.simple("Add", x, self.conv(self.each(x), self.graph.real(x))), low, high)

    def wider(self, x, out, low, high):
        """A block that halves the picture and adds channels."""
        n, c, h, w = self.graph.shapes[x]
        kept = self.graph.pad(self.graph.pool("MaxPool", x, 2, 2), [0] * 4, [0, out - c, 0, 0])
        return self.bend(self.graph.simple("Add", kept, self.conv(self.each(x, 2), out)), low, high)

    def net(self, low, high):
        """Stem, residual blocks, a wider block, and two heads of one trunk."""
        x = self.bend(self.conv("image", FEW, 3), low, high)
        x = self.residual(self.residual(x, low, high), low, high)
        x = self.residual(self.wider(x, MANY, low, high), low, high)
        heads = [self.bend(self.conv(x, 13), low, high), self.wider(x, MANY + FEW, low, high)]
        for number, head in enumerate(heads):
            head = self.graph.cut(self.conv(head, 4))
            self.graph.output(head, name=f"out{number}")
        return self.graph


def ops(made):
    """How many nodes of each operator."""
    return collections.Counter(node.op_type for node in made.nodes)


class Lowered(unittest.TestCase):
    """Against ONNX Runtime's own PRelu and Pad."""

    def check(self, made):
        """The same outputs before and after."""
        before, after = made.written(), made.to_bytes()
        self.assertFalse({"PRelu", "Pad"} & set(ops(made)))
        picture = np.random.default_rng(5).random((1, 3, SIDE, SIDE), np.float32)
        before, after = (support.run(data, {"image": picture}) for data in (before, after))
        for name, array in before.items():
            self.assertGreater(np.abs(array).max(), 0.1)
            np.testing.assert_allclose(after[name], array, rtol=1e-4, atol=1e-5)

    def test_slopes_below_one_take_a_relu_one_convolution_and_the_addition_in_it(self):
        made = Net(1).net(-1.6, 0.9)
        before = ops(made)
        self.check(made)
        parted = before["Pad"]
        self.assertEqual(ops(made)["Conv"], before["Conv"] + before["PRelu"] + parted)

    def test_slopes_on_both_sides_of_one_are_kept(self):
        for seed in range(8):
            with self.subTest(seed):
                self.check(Net(seed).net(-1.6, 1.5))

    def test_slopes_above_one_and_of_one_are_kept(self):
        for low, high in ((1.01, 2.0), (1.0, 1.0), (0.9999, 1.0001)):
            with self.subTest(low):
                self.check(Net(3).net(low, high))


if __name__ == "__main__":
    unittest.main()
