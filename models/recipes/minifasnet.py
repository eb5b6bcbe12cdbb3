"""The two Silent-Face anti-spoofing networks (MiniFASNetV2 and MiniFASNetV1SE) from their weights.

The weights come as `.npz` (name to array) or as upstream's `.pth` (PyTorch's old format); both give
the same ONNX. The network is upstream's `src/model_lib/MiniFASNet.py`; its channel counts (the tables
`1.8M` and `1.8M_`) are those of the arrays. Batch normalisation is folded into the convolution before it.

    pad_v2, pad_v1se  image 1x3x80x80 (BGR, 0 to 255) -> probabilities 1x3 (class 1 is bona fide)
"""

import numpy as np

import fetch
import torch_legacy
from graph import Graph

EPSILON = 1e-5


def load(path):
    """Name to array, from either form; `module.`, left by parallel training, is dropped."""
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            state = {name: arrays[name] for name in arrays.files}
    else:
        with open(path, "rb") as file:
            state = torch_legacy.load(file)
    return {name.removeprefix("module."): array for name, array in state.items()}


class Network:
    """The network being written. `read` collects which weights were used."""

    def __init__(self, name, state):
        self.state = state
        self.read = set()
        self.graph = Graph(name, {"image": (1, 3, 80, 80)})

    def array(self, name):
        """One weight, in double precision."""
        self.read.add(name)
        return self.state[name].astype(np.float64)

    def norm(self, name):
        """Batch normalisation as a factor and a shift a channel."""
        factor = self.array(f"{name}.weight") / np.sqrt(self.array(f"{name}.running_var") + EPSILON)
        return factor, self.array(f"{name}.bias") - self.array(f"{name}.running_mean") * factor

    def conv(self, x, name, norm, stride=1, pad=0):
        """Convolution and normalisation; depthwise where the kernel has one input channel."""
        factor, shift = self.norm(norm)
        kernel = self.array(f"{name}.weight") * factor.reshape(-1, 1, 1, 1)
        channels = self.graph.real(x)
        groups = channels if kernel.shape[1] == 1 and channels != 1 else 1
        return self.graph.conv(x, kernel, shift, stride, (pad,) * 4, groups)

    def block(self, x, name, stride=1, pad=0):
        """Convolution, normalisation, PReLU."""
        x = self.conv(x, f"{name}.conv", f"{name}.bn", stride, pad)
        return self.graph.prelu(x, self.array(f"{name}.prelu.weight"))

    def squeeze(self, x, name):
        """Squeeze and excitation."""
        s = self.graph.mean(x)
        s = self.graph.simple("Relu", self.conv(s, f"{name}.fc1", f"{name}.bn1"))
        s = self.graph.simple("Sigmoid", self.conv(s, f"{name}.fc2", f"{name}.bn2"))
        return self.graph.simple("Mul", x, s)

    def depthwise(self, x, name, stride=1, residual=False):
        """Expand, filter, project; beside a straight way where `residual`."""
        out = self.block(x, f"{name}.conv")
        out = self.block(out, f"{name}.conv_dw", stride, 1)
        out = self.conv(out, f"{name}.project.conv", f"{name}.project.bn")
        if not residual:
            return out
        if f"{name}.se_module.fc1.weight" in self.state:
            out = self.squeeze(out, f"{name}.se_module")
        return self.graph.simple("Add", x, out)

    def stage(self, x, name):
        """As many residual blocks as there are weights for."""
        index = 0
        while f"{name}.model.{index}.conv.conv.weight" in self.state:
            x = self.depthwise(x, f"{name}.model.{index}", residual=True)
            index += 1
        return x

    def write(self):
        """The whole network as ONNX bytes."""
        x = self.block("image", "conv1", 2, 1)
        x = self.block(x, "conv2_dw", 1, 1)
        for down, stage in (("conv_23", "conv_3"), ("conv_34", "conv_4"), ("conv_45", "conv_5")):
            x = self.stage(self.depthwise(x, down, stride=2), stage)
        x = self.block(x, "conv_6_sep")
        x = self.graph.cut(self.conv(x, "conv_6_dw.conv", "conv_6_dw.bn"))
        n, c, _, _ = self.graph.shapes[x]
        x = self.graph.reshape(x, (n, c))
        factor, shift = self.norm("bn")
        linear = self.array("linear.weight").T * factor
        x = self.graph.node("Gemm", [x, *self._weights(linear, shift)], (1, 128))
        prob = self.array("prob.weight").T
        x = self.graph.node("MatMul", [x, *self._weights(prob)], (1, 3))
        self.graph.output(self.graph.simple("Softmax", x, axis=1), (1, 3), "probabilities")
        unread = {n for n in self.state if not n.endswith("num_batches_tracked")} - self.read
        if unread:
            raise ValueError(f"weights that the network does not have: {sorted(unread)[:5]}")
        return self.graph.to_bytes()

    def _weights(self, *arrays):
        return [self.graph.weight(a.astype(np.float32)) for a in arrays]


def from_file(name, path):
    """ONNX bytes from one weights file."""
    return Network(name, load(path)).write()


def pad_v2():
    """MiniFASNetV2, for crops of 2.7 times the face box."""
    return from_file("MiniFASNetV2", fetch.local_or_url("minifasnet-v2"))


def pad_v1se():
    """MiniFASNetV1SE, for crops of 4.0 times the face box."""
    return from_file("MiniFASNetV1SE", fetch.local_or_url("minifasnet-v1se"))
