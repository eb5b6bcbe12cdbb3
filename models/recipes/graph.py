"""Writes an ONNX graph a node at a time, the same bytes for the same calls.

All activations are float32 in NCHW order; the writer carries each one's shape along, so that
TensorFlow's `SAME` padding and a change of layout can be spelled out as numbers.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8


class Graph:
    """A graph being written."""

    def __init__(self, name, inputs):
        """`inputs`: name to shape."""
        self.name = name
        self.nodes = []
        self.weights = []
        self.outputs = []
        self.inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()]
        self.shapes = {n: tuple(s) for n, s in inputs.items()}
        self.count = 0

    def weight(self, array, name=None):
        """Adds a constant; returns its name."""
        self.count += 1
        name = name or f"w{self.count}"
        array = np.ascontiguousarray(array)
        self.weights.append(numpy_helper.from_array(array, name))
        self.shapes[name] = array.shape
        return name

    def node(self, op, inputs, shape, name=None, **attributes):
        """Adds a node with one output of the shape given; returns that output's name."""
        self.count += 1
        name = name or f"t{self.count}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        self.shapes[name] = tuple(shape)
        return name

    def conv(self, x, kernel, bias=None, stride=1, pads=(0, 0, 0, 0), groups=1):
        """Convolution; `kernel` is OIHW, `pads` top, left, bottom, right."""
        n, _, h, w = self.shapes[x]
        out, _, kh, kw = kernel.shape
        top, left, bottom, right = pads
        shape = (n, out, (h + top + bottom - kh) // stride + 1, (w + left + right - kw) // stride + 1)
        inputs = [x, self.weight(kernel.astype(np.float32))]
        if bias is not None:
            inputs.append(self.weight(bias.astype(np.float32)))
        return self.node("Conv", inputs, shape, kernel_shape=[kh, kw], strides=[stride, stride],
                         pads=list(pads), group=groups, dilations=[1, 1])

    def pool(self, op, x, size, stride, pads=(0, 0, 0, 0)):
        """`MaxPool` or `AveragePool`."""
        n, c, h, w = self.shapes[x]
        top, left, bottom, right = pads
        shape = (n, c, (h + top + bottom - size) // stride + 1, (w + left + right - size) // stride + 1)
        return self.node(op, [x], shape, kernel_shape=[size, size], strides=[stride, stride], pads=list(pads))

    def same(self, x, kernel, stride):
        """TensorFlow's `SAME` padding: the odd pixel goes to the end."""
        pads = []
        for side in self.shapes[x][2:]:
            total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            pads.append((total // 2, total - total // 2))
        (top, bottom), (left, right) = pads
        return (top, left, bottom, right)

    def simple(self, op, *inputs, name=None, **attributes):
        """A node whose output has its first input's shape."""
        return self.node(op, inputs, self.shapes[inputs[0]], name=name, **attributes)

    def prelu(self, x, slope):
        """PReLU with one slope a channel."""
        return self.simple("PRelu", x, self.weight(slope.astype(np.float32).reshape(-1, 1, 1)))

    def pad(self, x, before, after):
        """Zeros around; one number a dimension."""
        shape = [s + b + a for s, b, a in zip(self.shapes[x], before, after)]
        pads = self.weight(np.array([*before, *after], np.int64))
        return self.node("Pad", [x, pads], shape, mode="constant")

    def nhwc(self, x):
        """The same tensor in TensorFlow's order, for what reads memory in that order."""
        n, c, h, w = self.shapes[x]
        if h == 1 and w == 1:
            return self.reshape(x, (n, 1, 1, c))
        return self.node("Transpose", [x], (n, h, w, c), perm=[0, 2, 3, 1])

    def reshape(self, x, shape, name=None):
        """Another shape over the same memory order."""
        return self.node("Reshape", [x, self.weight(np.array(shape, np.int64))], shape, name=name)

    def concat(self, inputs, axis, name=None):
        """Joins tensors along one axis."""
        shape = list(self.shapes[inputs[0]])
        shape[axis] = sum(self.shapes[x][axis] for x in inputs)
        return self.node("Concat", inputs, shape, name=name, axis=axis)

    def output(self, x, shape=None, name=None):
        """Makes a tensor an output under a name of its own."""
        shape = shape or self.shapes[x]
        self.reshape(x, shape, name=name)
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def to_bytes(self):
        """The checked model as bytes."""
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.weights)
        model = helper.make_model(graph, producer_name="kioskd recipes", ir_version=IR_VERSION,
                                  opset_imports=[helper.make_opsetid("", OPSET)])
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)
