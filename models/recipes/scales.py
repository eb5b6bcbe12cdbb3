"""Writes PReLU as one ReLU and one addition, by scales a channel that the convolutions around it take over.

    PReLU(y) = s y + (1 - s) relu(y)
    with z = (1 - s) y    PReLU(y) = s / (1 - s) z + relu(z)         where s < 1
    with z = (s - 1) y   -PReLU(y) = s / (1 - s) z + relu(z)         where s > 1; z may as well be of the other sign

So a PReLU's input is kept as a multiple of what it means, and its output as another; a convolution before or after has
the factor in its weights, and what is added or pooled together has one factor. ONNX Runtime then computes a ReLU, a
convolution of one weight a channel and the addition in it, all in its blocked layout (`graph`). Its own `PRelu` takes two
thirds of a small network's time; written without factors it takes one convolution more.

Where two PReLUs want different factors of the same tensor, a pooled maximum would have to change its sign, or a slope is
one, a PReLU is written with that one convolution more.
"""

import numpy as np

# Operators that leave a factor a channel as it is, all their activations having the same.
LINEAR = ("Add", "MaxPool", "AveragePool", "GlobalAveragePool", "Pad", "Identity")


class Groups:
    """Which tensors have to have the same factors, and what those are."""

    def __init__(self, graph):
        """From the nodes; every tensor is alone at first."""
        self.graph = graph
        self.parent = {}
        self.scale = {}
        self.positive = set()
        for node in graph.nodes:
            if node.op_type in LINEAR:
                for x in self.activations(node):
                    self.join(x, node.output[0])
        for node in graph.nodes:
            if node.op_type == "MaxPool":
                self.positive.add(self.of(node.output[0]))
            if node.op_type not in (*LINEAR, "Conv", "PRelu"):
                for x in (*self.activations(node), node.output[0]):
                    self.keep(x)
        for info in (*graph.inputs, *graph.outputs):
            self.keep(info.name)

    def activations(self, node):
        """A node's inputs that are no weights."""
        return [x for x in node.input if x not in self.graph.values]

    def of(self, x):
        """The name of a tensor's group."""
        while x in self.parent:
            x = self.parent[x]
        return x

    def join(self, one, other):
        """Makes two groups one."""
        one, other = self.of(one), self.of(other)
        if one != other:
            self.parent[one] = other

    def keep(self, x):
        """A tensor whose factor is one."""
        self.scale[self.of(x)] = None

    def known(self, x):
        """Whether its factors are decided."""
        return self.of(x) in self.scale

    def factors(self, x):
        """A number for each of its channels. More channels than were decided are no one's."""
        channels = self.graph.shapes[x][1]
        scale = self.scale.get(self.of(x))
        if scale is None:
            return np.ones(channels)
        return np.pad(scale[:channels], (0, max(0, channels - len(scale))), constant_values=1.0)


def lower(graph):
    """Rewrites every PRelu of a graph, and the weights around it."""
    groups = Groups(graph)
    bends = [node for node in graph.nodes if node.op_type == "PRelu"]
    signs = {}
    for node in bends:
        signs.setdefault(groups.of(node.output[0]), np.sign(1 - slopes(graph, node)))
    for node in reversed(bends):
        decide(groups, node, signs)
    for node in graph.nodes:
        if node.op_type == "Conv":
            weigh(groups, node)
    nodes, graph.nodes = graph.nodes, []
    for node in nodes:
        if node.op_type == "PRelu":
            write(groups, node)
        else:
            graph.nodes.append(node)


def slopes(graph, node):
    """One a channel."""
    return graph.values[node.input[1]].reshape(-1).astype(np.float64)


def decide(groups, node, signs):
    """The factors of what a PRelu takes and gives, as far as they are free.

    What it gives has the sign of `1 - slope`: a tensor that is added to what one PReLU gives, and taken by the next, has
    that one's sign, from `signs`.
    """
    x, y = node.input[0], node.output[0]
    left = 1 - slopes(groups.graph, node)
    if not left.all():
        return
    if not groups.known(y):
        into = abs(groups.factors(x)) if groups.known(x) else np.ones(len(left))
        scale = into / left if groups.known(x) else np.sign(left)
        if groups.of(y) in groups.positive and (scale < 0).any():
            return
        groups.scale[groups.of(y)] = scale
    if not groups.known(x):
        wanted = groups.factors(y) * left
        if (wanted < 0).any():
            return
        of = groups.of(x)
        if of in signs and of not in groups.positive:
            sign = signs[of]
            wanted = wanted * np.pad(sign, (0, len(wanted) - len(sign)), constant_values=1.0)
        groups.scale[of] = wanted


def weigh(groups, node):
    """A convolution's weights, with the factors of what it takes and gives."""
    graph = groups.graph
    into, out = groups.factors(node.input[0]), groups.factors(node.output[0])
    kernel = graph.values[node.input[1]].astype(np.float64) * out[:, None, None, None]
    depthwise = kernel.shape[1] == 1 and len(into) == len(out) > 1
    kernel /= into[:, None, None, None] if depthwise else into[None, :, None, None]
    graph.values[node.input[1]] = kernel.astype(np.float32)
    if len(node.input) > 2:
        graph.values[node.input[2]] = (graph.values[node.input[2]] * out).astype(np.float32)


def write(groups, node):
    """A PRelu by the factors of what it takes and gives: `straight` times its input plus `bent` times its ReLU."""
    graph = groups.graph
    x, y = node.input[0], node.output[0]
    slope, into, out = slopes(graph, node), groups.factors(x), groups.factors(y)
    straight = np.where(into > 0, out * slope, out) / into
    bent = out * (1 - slope) / abs(into)
    relu = graph.simple("Relu", x)
    if not np.allclose(bent, 1.0, rtol=1e-9):
        relu = graph.by_channel(relu, bent)
    graph.simple("Add", relu, graph.by_channel(x, straight), name=y)
