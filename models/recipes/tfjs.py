"""Reads TensorFlow.js models: weights (float32, float16, uint8 with scale and minimum) and graphs."""

import base64

import numpy as np


def weights(manifest, blob):
    """Name to float32 or int32 array, in the manifest's order of bytes."""
    arrays, offset = {}, 0
    for entry in (w for group in manifest for w in group["weights"]):
        quantised = entry.get("quantization", {})
        stored = np.dtype(quantised.get("dtype", entry["dtype"])).newbyteorder("<")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        raw = np.frombuffer(blob, stored, count, offset)
        offset += raw.nbytes
        if "scale" in quantised:  # as tfjs: in double precision, then rounded once
            raw = raw.astype(np.float64) * quantised["scale"] + quantised["min"]
        arrays[entry["name"]] = raw.astype(entry["dtype"]).reshape(entry["shape"])
    if offset != len(blob):
        raise ValueError(f"the weights' file holds {len(blob)} bytes, the manifest names {offset}")
    return arrays


class Node:
    """One node of a graph model, its attributes decoded on demand."""

    def __init__(self, raw):
        self.name = raw["name"]
        self.op = raw["op"]
        self.inputs = [name.removeprefix("^").split(":")[0] for name in raw.get("input", [])]
        self._attributes = raw.get("attr", {})

    def text(self, key):
        """A string attribute."""
        return base64.b64decode(self._attributes[key]["s"]).decode()

    def texts(self, key):
        """A list of strings; empty where absent."""
        listed = self._attributes.get(key, {}).get("list", {}).get("s", [])
        return [base64.b64decode(item).decode() for item in listed]

    def ints(self, key):
        """A list of whole numbers."""
        return [int(i) for i in self._attributes[key]["list"]["i"]]


def nodes(model):
    """The graph's nodes by name."""
    return {raw["name"]: Node(raw) for raw in model["modelTopology"]["node"]}


def in_order(graph, wanted):
    """The nodes that the wanted ones need, each after its inputs."""
    order, seen = [], set()
    stack = [(name, False) for name in reversed(wanted)]
    while stack:
        name, ready = stack.pop()
        if ready:
            order.append(graph[name])
        elif name not in seen:
            seen.add(name)
            stack.append((name, True))
            stack.extend((i, False) for i in reversed(graph[name].inputs))
    return order
