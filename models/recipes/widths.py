"""Writes the addition of a narrower tensor without filling that up with zeros.

    pad(x) + conv(y)   as   concat(x + conv of the first channels (y), conv of the others (y))

ONNX Runtime has no `Pad` in its blocked layout (`graph`): it leaves that before one and enters it again after, and so
does everything between. Whole blocks of channels it joins as they lie.
"""


def lower(graph):
    """Rewrites every sum of a Pad that only adds channels and a convolution that nothing else reads."""
    makers = {node.output[0]: node for node in graph.nodes}
    readers = {}
    for node in graph.nodes:
        for x in node.input:
            readers.setdefault(x, []).append(node)
    nodes, graph.nodes = graph.nodes, []
    gone = set()
    for node in nodes:
        pad, conv = parts(graph, node, makers, readers)
        if pad is None:
            graph.nodes.append(node)
            continue
        gone.update((pad.output[0], conv.output[0]))
        write(graph, node.output[0], pad.input[0], conv)
    graph.nodes = [node for node in graph.nodes if node.output[0] not in gone]


def parts(graph, node, makers, readers):
    """The Pad and the convolution that a node adds up, where both can be taken apart."""
    if node.op_type != "Add":
        return None, None
    made = sorted((makers[x] for x in node.input if x in makers), key=lambda maker: maker.op_type)
    if [maker.op_type for maker in made] != ["Conv", "Pad"]:
        return None, None
    conv, pad = made
    narrow, wide = graph.shapes[pad.input[0]], graph.shapes[node.output[0]]
    whole = all(graph.real(x) == graph.shapes[x][1] == graph.blocks(x) for x in (pad.input[0], conv.output[0]))
    alone = all(len(readers[maker.output[0]]) == 1 for maker in made)
    group = next(a.i for a in conv.attribute if a.name == "group")
    fits = narrow[2:] == wide[2:] and narrow[1] < wide[1]
    return (pad, conv) if whole and alone and fits and group == 1 else (None, None)


def write(graph, name, x, conv):
    """The sum under its name."""
    at = graph.shapes[x][1]
    halves = []
    for part in (slice(None, at), slice(at, None)):
        weights = [graph.weight(graph.values[weight][part]) for weight in conv.input[1:]]
        n, c, h, w = graph.shapes[conv.output[0]]
        shape = (n, len(range(c)[part]), h, w)
        half = graph.node("Conv", [conv.input[0], *weights], shape)
        graph.nodes[-1].attribute.extend(conv.attribute)
        halves.append(half)
    graph.concat([graph.simple("Add", x, halves[0]), halves[1]], 1, name=name)
