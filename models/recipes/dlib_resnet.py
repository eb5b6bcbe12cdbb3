"""dlib's face descriptor (a ResNet, 150x150 to 128 values) out of npm's `@vladmandic/face-api`.

The package holds weights only (uint8 with scale and minimum); the network is written out in its
source, `src/faceRecognitionNet`. A layer is convolution plus bias, then a scale and shift a channel,
which is folded into the convolution here (in double precision, rounded once).

    face_embedding  image 1x3x150x150 -> descriptor 1x128
"""

import json

import numpy as np

import fetch
import tfjs
from graph import Graph


def load():
    """The package's weights by name, and in what order the network's blocks come."""
    manifest = json.loads(fetch.member("face-api", "model/face_recognition_model-weights_manifest.json"))
    return tfjs.weights(manifest, fetch.member("face-api", "model/face_recognition_model.bin"))


class Network:
    """The network being written."""

    def __init__(self, weights):
        self.weights = weights
        self.graph = Graph("dlib_face_recognition_resnet", {"image": (1, 3, 150, 150)})

    def layer(self, x, name, stride, relu):
        """Convolution, bias, scale; `SAME` padding where the stride is 1, none where it is 2."""
        w = {part: self.weights[f"{name}/{part}"].astype(np.float64)
             for part in ("conv/filters", "conv/bias", "scale/weights", "scale/biases")}
        scale = w["scale/weights"]
        kernel = w["conv/filters"].transpose(3, 2, 0, 1) * scale.reshape(-1, 1, 1, 1)
        bias = w["conv/bias"] * scale + w["scale/biases"]
        pads = self.graph.same(x, kernel.shape[2], 1) if stride == 1 else (0, 0, 0, 0)
        x = self.graph.conv(x, kernel, bias, stride, pads)
        return self.graph.simple("Relu", x) if relu else x

    def residual(self, x, name):
        """Two layers beside a straight way."""
        out = self.layer(x, f"{name}/conv1", 1, True)
        out = self.layer(out, f"{name}/conv2", 1, False)
        return self.graph.simple("Relu", self.graph.simple("Add", out, x))

    def residual_down(self, x, name):
        """The same at half the size: the straight way is averaged, and whichever is smaller gets zeros."""
        out = self.layer(x, f"{name}/conv1", 2, True)
        out = self.layer(out, f"{name}/conv2", 1, False)
        pooled = self.graph.pool("AveragePool", x, 2, 2)
        (_, channels, h, w), (_, fewer, ph, pw) = self.graph.shapes[out], self.graph.shapes[pooled]
        if (ph, pw) != (h, w):
            out = self.graph.pad(out, (0, 0, 0, 0), (0, 0, ph - h, pw - w))
        if fewer != channels:
            pooled = self.graph.pad(pooled, (0, 0, 0, 0), (0, channels - fewer, 0, 0))
        return self.graph.simple("Relu", self.graph.simple("Add", pooled, out))


BLOCKS = ("conv32_1 conv32_2 conv32_3 conv64_down conv64_1 conv64_2 conv64_3 conv128_down conv128_1 "
          "conv128_2 conv256_down conv256_1 conv256_2 conv256_down_out").split()


def face_embedding():
    """The whole network."""
    net = Network(load())
    x = net.layer("image", "conv32_down", 2, True)
    x = net.graph.pool("MaxPool", x, 3, 2)
    for block in BLOCKS:
        x = net.residual_down(x, block) if "down" in block else net.residual(x, block)
    x = net.graph.mean(x)
    x = net.graph.reshape(x, net.graph.shapes[x][:2])
    x = net.graph.node("MatMul", [x, net.graph.weight(net.weights["fc"])], (1, 128))
    net.graph.output(x, (1, 128), "descriptor")
    # As it stands: with its sums of unlike widths joined it takes the same 6 ms.
    return net.graph.written()
