"""BlazeFace, face mesh and iris of npm's `@vladmandic/human`: TensorFlow.js graph models to ONNX.

The translation is one node to one node, NHWC to NCHW. A tensor is brought back to NHWC order only
where it is flattened. Outputs are joined and named as the program wants them:

    face_detector  image 1x3x256x256 -> logits 1x896, regressors 1x896x16
    face_mesh      image 1x3x192x192 -> mesh 1x468x3, flag 1x1
    iris           image 1x3x64x64   -> points 1x76x3
"""

import json

import numpy as np

import fetch
import tfjs
from graph import Graph


def load(name):
    """Topology and weights of one model of the package."""
    model = json.loads(fetch.member("human", f"models/{name}.json"))
    blob = fetch.member("human", f"models/{name}.bin")
    return model, tfjs.weights(model["weightsManifest"], blob)


class Translation:
    """A graph model on its way to ONNX."""

    def __init__(self, name, side):
        self.model, self.constants = load(name)
        self.source = tfjs.nodes(self.model)
        self.graph = Graph(name, {"image": (1, 3, side, side)})
        self.names = {}

    def run(self, wanted):
        """Translates what the wanted nodes need."""
        for node in tfjs.in_order(self.source, wanted):
            if node.op == "Const":
                continue
            if node.op == "Placeholder":
                self.names[node.name] = "image"
            else:
                self.names[node.name] = getattr(self, f"op_{node.op.strip('_')}")(node)
        return [self.names[name] for name in wanted]

    def op_FusedConv2D(self, node):
        """Convolution with bias, and an activation where one was fused."""
        kernel, bias = self.constants[node.inputs[1]], self.constants[node.inputs[2]]
        fused = node.texts("fused_ops")
        x = self._conv(node, kernel.transpose(3, 2, 0, 1), bias, groups=1)
        if fused[1:] == ["Relu"]:
            return self.graph.simple("Relu", x)
        if fused[1:] == ["Prelu"]:
            return self.graph.prelu(x, self.constants[node.inputs[3]])
        if fused != ["BiasAdd"]:
            raise NotImplementedError(f"{node.name}: fused {fused}")
        return x

    def op_DepthwiseConv2dNative(self, node):
        """Depthwise convolution: HWCM becomes (C*M)1HW."""
        kernel = self.constants[node.inputs[1]]
        h, w, channels, multiplier = kernel.shape
        kernel = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, h, w)
        return self._conv(node, kernel, None, groups=channels)

    def _conv(self, node, kernel, bias, groups):
        x = self.names[node.inputs[0]]
        _, stride, across, _ = node.ints("strides")
        if stride != across or set(node.ints("dilations")) != {1}:
            raise NotImplementedError(f"{node.name}: uneven strides or dilation")
        pads = self._pads(node, x, kernel.shape[2], stride)
        return self.graph.conv(x, kernel, bias, stride, pads, groups)

    def _pads(self, node, x, kernel, stride):
        if node.text("padding") == "SAME":
            return self.graph.same(x, kernel, stride)
        return (0, 0, 0, 0)

    def op_MaxPool(self, node):
        """Max pooling."""
        x = self.names[node.inputs[0]]
        _, size, _, _ = node.ints("ksize")
        _, stride, _, _ = node.ints("strides")
        return self.graph.pool("MaxPool", x, size, stride, self._pads(node, x, size, stride))

    def op_AddV2(self, node):
        """Sum of two activations."""
        return self.graph.simple("Add", *(self.names[i] for i in node.inputs))

    def op_Relu(self, node):
        """ReLU."""
        return self.graph.simple("Relu", self.names[node.inputs[0]])

    def op_Sigmoid(self, node):
        """Logistic function."""
        return self.graph.simple("Sigmoid", self.names[node.inputs[0]])

    def op_Prelu(self, node):
        """PReLU with one slope a channel."""
        return self.graph.prelu(self.names[node.inputs[0]], self.constants[node.inputs[1]])

    def op_Pad(self, node):
        """Zeros around, in practice more channels."""
        around = self.constants[node.inputs[1]][[0, 3, 1, 2]]
        return self.graph.pad(self.names[node.inputs[0]], around[:, 0].tolist(), around[:, 1].tolist())

    def op_Reshape(self, node):
        """Flattening, in TensorFlow's memory order."""
        x = self.graph.nhwc(self.names[node.inputs[0]])
        shape = self.constants[node.inputs[1]].tolist()
        shape[0] = 1
        known = -int(np.prod(shape)) if -1 in shape else None
        total = int(np.prod(self.graph.shapes[x]))
        return self.graph.reshape(x, [total // known if s == -1 else s for s in shape])

    def op_ConcatV2(self, node):
        """Joining along channels."""
        axis = int(self.constants[node.inputs[-1]])
        if axis not in (-1, 3):
            raise NotImplementedError(f"{node.name}: axis {axis}")
        return self.graph.concat([self.names[i] for i in node.inputs[:-1]], 1)

    def op_Identity(self, node):
        """A name for an output."""
        return self.names[node.inputs[0]]


def face_detector():
    """BlazeFace: the 16x16 grid's 512 anchors first, then the 8x8 grid's 384."""
    t = Translation("blazeface", 256)
    found = t.run(["Identity", "Identity_1", "Identity_2", "Identity_3"])
    by_shape = {t.graph.shapes[x]: x for x in found}
    logits = t.graph.concat([by_shape[(1, 512, 1)], by_shape[(1, 384, 1)]], 1)
    regressors = t.graph.concat([by_shape[(1, 512, 16)], by_shape[(1, 384, 16)]], 1)
    t.graph.output(logits, (1, 896), "logits")
    t.graph.output(regressors, (1, 896, 16), "regressors")
    return t.graph.to_bytes()


def face_mesh():
    """Face mesh: points and face flag. The 133 contour points, which nothing here reads, are left out."""
    t = Translation("facemesh", 192)
    mesh, flag = t.run(["Identity_2", "Identity_1"])
    t.graph.output(mesh, (1, 468, 3), "mesh")
    t.graph.output(flag, (1, 1), "flag")
    return t.graph.to_bytes()


def iris():
    """Iris: 71 points of eye contour and brow, then 5 of the iris."""
    t = Translation("iris", 64)
    (points,) = t.run(["Identity"])
    t.graph.output(points, (1, 76, 3), "points")
    return t.graph.to_bytes()
