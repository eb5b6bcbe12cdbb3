"""Reads PyTorch's old file format (before 1.6) without PyTorch.

    pickle  magic number 0x1950a86a20f9469cfc6c
    pickle  protocol version 1001
    pickle  system: byte order and sizes
    pickle  the state dict; each tensor refers to a storage by a persistent id
    pickle  the storages' keys, in the order in which they follow
    then for each key: int64 count of elements, the raw elements

Only the few globals that a state dict of tensors needs are allowed; anything else is refused, for
a pickle can run code.
"""

import collections
import pickle
import struct

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8"), "DoubleStorage": np.dtype("<f8")}


class _Storage:
    """A storage: its type, and its elements once they are read."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.elements = None


class _Tensor:
    """A view of a storage."""

    def __init__(self, storage, offset, size, stride):
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride

    def array(self):
        """The view as an array of its own."""
        step = self.storage.dtype.itemsize
        return np.lib.stride_tricks.as_strided(
            self.storage.elements[self.offset:], self.size, [s * step for s in self.stride]).copy()


def _rebuild(storage, offset, size, stride, *_):
    return _Tensor(storage, offset, size, stride)


class _Unpickler(pickle.Unpickler):
    """Unpickles a state dict and nothing else."""

    def __init__(self, file, storages):
        super().__init__(file)
        self.storages = storages

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in TYPES:
            return TYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a state dict")

    def persistent_load(self, reference):
        kind, dtype, key = reference[0], reference[1], reference[2]
        if kind != "storage":
            raise pickle.UnpicklingError(f"unknown persistent id {kind!r}")
        return self.storages.setdefault(key, _Storage(dtype))


def load(file):
    """Name to array, from an open binary file."""
    if _Unpickler(file, {}).load() != MAGIC:
        raise ValueError("not PyTorch's old format: the magic number is another")
    _Unpickler(file, {}).load()
    system = _Unpickler(file, {}).load()
    if not system.get("little_endian", True):
        raise ValueError("written on a big-endian machine")
    storages = {}
    state = _Unpickler(file, storages).load()
    for key in _Unpickler(file, {}).load():
        (count,) = struct.unpack("<q", file.read(8))
        storage = storages[key]
        storage.elements = np.frombuffer(file.read(count * storage.dtype.itemsize), storage.dtype)
    return {name: tensor.array() for name, tensor in state.items()}
