"""Writes an ONNX graph a node at a time, the same bytes for the same calls.

All activations are float32 in NCHW order; the writer carries each one's shape along, so that
TensorFlow's `SAME` padding and a change of layout can be spelled out as numbers.

Convolutions give whole blocks of channels: what a network has fewer of (13, 24, 231) is filled up with channels of
zeros. ONNX Runtime computes in blocks on a CPU, can't do so for a depthwise convolution of another number, and then
leaves its blocked memory layout before it and enters it again after. Filled channels stay zero through everything that
the networks here do to them, and are cut off where channels are counted: `channels` holds how many there really are.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import scales
import widths

OPSET = 17
IR_VERSION = 8
# Channels in one block on processors with AVX-512; 8 with AVX2.
BLOCK = 16


def filled(array, axis, size=None):
    """Zeros after an axis, up to `size` or a whole number of blocks."""
    widths = [(0, 0)] * array.ndim
    widths[axis] = (0, (size or whole_blocks(array.shape[axis])) - array.shape[axis])
    return np.pad(array, widths)


def whole_blocks(count):
    """The least number of channels in whole blocks."""
    return -(-count // BLOCK) * BLOCK


class Graph:
    """A graph being written."""

    def __init__(self, name, inputs):
        """`inputs`: name to shape."""
        self.name = name
        self.nodes = []
        self.values = {}
        self.outputs = []
        self.inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()]
        self.shapes = {n: tuple(s) for n, s in inputs.items()}
        self.channels = {}
        self.count = 0

    def weight(self, array, name=None):
        """Adds a constant; returns its name."""
        self.count += 1
        name = name or f"w{self.count}"
        array = np.ascontiguousarray(array)
        self.values[name] = array
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
        n, into, h, w = self.shapes[x]
        real, _, kh, kw = kernel.shape
        kernel = filled(kernel, 0)
        if groups == 1:
            kernel = filled(kernel, 1, into)
        elif groups == real == self.real(x):
            groups = into
        else:
            raise NotImplementedError(f"{groups} groups of {real} channels")
        top, left, bottom, right = pads
        shape = (n, len(kernel), (h + top + bottom - kh) // stride + 1, (w + left + right - kw) // stride + 1)
        inputs = [x, self.weight(kernel.astype(np.float32))]
        if bias is not None:
            inputs.append(self.weight(filled(bias, 0).astype(np.float32)))
        out = self.node("Conv", inputs, shape, kernel_shape=[kh, kw], strides=[stride, stride],
                        pads=list(pads), group=groups, dilations=[1, 1])
        self.channels[out] = real
        return out

    def real(self, x):
        """How many channels of a tensor are not filling."""
        return self.channels.get(x, self.shapes[x][1])

    def blocks(self, x):
        """How many channels a tensor has in whole blocks."""
        return whole_blocks(self.shapes[x][1])

    def cut(self, x):
        """The tensor without its filling."""
        n, c, h, w = self.shapes[x]
        real = self.real(x)
        if real == c:
            return x
        bounds = [self.weight(np.array([at], np.int64)) for at in (0, real, 1)]
        return self.node("Slice", [x, *bounds], (n, real, h, w))

    def pool(self, op, x, size, stride, pads=(0, 0, 0, 0)):
        """`MaxPool` or `AveragePool`."""
        n, c, h, w = self.shapes[x]
        top, left, bottom, right = pads
        shape = (n, c, (h + top + bottom - size) // stride + 1, (w + left + right - size) // stride + 1)
        out = self.node(op, [x], shape, kernel_shape=[size, size], strides=[stride, stride], pads=list(pads))
        self.channels[out] = self.real(x)
        return out

    def mean(self, x):
        """The mean over rows and columns."""
        n, c, _, _ = self.shapes[x]
        out = self.node("GlobalAveragePool", [x], (n, c, 1, 1))
        self.channels[out] = self.real(x)
        return out

    def same(self, x, kernel, stride):
        """TensorFlow's `SAME` padding: the odd pixel goes to the end."""
        pads = []
        for side in self.shapes[x][2:]:
            total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            pads.append((total // 2, total - total // 2))
        (top, bottom), (left, right) = pads
        return (top, left, bottom, right)

    def simple(self, op, *inputs, name=None, **attributes):
        """A node whose output has its first input's shape.

        A Sigmoid's filling is not zero: it may be multiplied by zeros or cut off, nothing else.
        """
        out = self.node(op, inputs, self.shapes[inputs[0]], name=name, **attributes)
        if inputs[0] in self.channels:
            self.channels[out] = self.channels[inputs[0]]
        return out

    def prelu(self, x, slope):
        """PReLU with one slope a channel; `to_bytes` writes it in other ops (`scales`)."""
        slope = filled(slope.astype(np.float32).reshape(-1), 0, self.shapes[x][1])
        return self.simple("PRelu", x, self.weight(slope.reshape(-1, 1, 1)))

    def by_channel(self, x, factors):
        """One factor a channel: a convolution of one weight each, which is computed in blocks where `Mul` is not."""
        real = self.real(x)
        return self.conv(x, factors[:real].reshape(-1, 1, 1, 1), groups=real)

    def pad(self, x, before, after):
        """Zeros around; one number a dimension. More channels may be there already, as filling."""
        if before[1] != 0:
            raise NotImplementedError("zeros before the channels")
        real = self.real(x) + after[1]
        after = list(after)
        after[1] = whole_blocks(real) - self.shapes[x][1]
        if any([*before, *after]):
            shape = [s + b + a for s, b, a in zip(self.shapes[x], before, after)]
            x = self.node("Pad", [x, self.weight(np.array([*before, *after], np.int64))], shape, mode="constant")
        else:
            x = self.simple("Identity", x)
        self.channels[x] = real
        return x

    def nhwc(self, x):
        """The same tensor in TensorFlow's order, for what reads memory in that order."""
        x = self.cut(x)
        n, c, h, w = self.shapes[x]
        if h == 1 and w == 1:
            return self.reshape(x, (n, 1, 1, c))
        return self.node("Transpose", [x], (n, h, w, c), perm=[0, 2, 3, 1])

    def reshape(self, x, shape, name=None):
        """Another shape over the same memory order."""
        return self.node("Reshape", [x, self.weight(np.array(shape, np.int64))], shape, name=name)

    def concat(self, inputs, axis, name=None):
        """Joins tensors along one axis."""
        inputs = [self.cut(x) if x in self.channels else x for x in inputs]
        shape = list(self.shapes[inputs[0]])
        shape[axis] = sum(self.shapes[x][axis] for x in inputs)
        return self.node("Concat", inputs, shape, name=name, axis=axis)

    def output(self, x, shape=None, name=None):
        """Makes a tensor an output under a name of its own."""
        shape = shape or self.shapes[x]
        self.reshape(x, shape, name=name)
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def to_bytes(self):
        """The checked model as bytes, in the ops that the runtime computes best."""
        scales.lower(self)
        widths.lower(self)
        return self.written()

    def written(self):
        """The checked model as bytes, as the nodes stand."""
        read = {x for node in self.nodes for x in node.input}
        weights = [numpy_helper.from_array(array, name) for name, array in self.values.items() if name in read]
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, weights)
        model = helper.make_model(graph, producer_name="kioskd recipes", ir_version=IR_VERSION,
                                  opset_imports=[helper.make_opsetid("", OPSET)])
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)
