"""The anti-spoofing networks: both weight forms give one ONNX, and it is the network that upstream wrote down."""

import collections
import io
import pickle
import struct
import tempfile
import unittest
from pathlib import Path

import numpy as np

import support
from support import fetch
import minifasnet
import torch_legacy

# Upstream's channel table of MiniFASNetV2 (`1.8M_`), a triple of expand, filter, project for each block.
STEM, DOWN_23, STAGE_3 = (32, 32), (103, 103, 64), [(13, 13, 64)] * 4
DOWN_34, STAGE_4 = (231, 231, 128), [(231, 231, 128), (52, 52, 128), (26, 26, 128), (77, 77, 128)] + [(26, 26, 128)] * 2
DOWN_45, STAGE_5, HEAD = (308, 308, 128), [(26, 26, 128)] * 2, 512


def made_up_state(seed=3):
    """Weights of MiniFASNetV2's shapes with made-up values: what these tests use without KIOSK_MODEL_DIR."""
    rng, state = np.random.default_rng(seed), collections.OrderedDict()

    def put(name, *shape, around=0.0, by=0.1):
        state[name] = (around + by * rng.standard_normal(shape)).astype(np.float32)

    def norm(name, channels):
        put(f"{name}.weight", channels, around=1.0)
        put(f"{name}.bias", channels)
        put(f"{name}.running_mean", channels)
        state[f"{name}.running_var"] = rng.uniform(0.5, 1.5, channels).astype(np.float32)
        state[f"{name}.num_batches_tracked"] = np.array(9, np.int64)

    def layer(name, out, into, kernel, prelu=True):
        put(f"{name}.conv.weight", out, into, kernel, kernel, by=1.0 / np.sqrt(into * kernel * kernel))
        norm(f"{name}.bn", out)
        if prelu:
            put(f"{name}.prelu.weight", out, around=0.25)

    def block(name, into, widths):
        expand, inner, project = widths
        layer(f"{name}.conv", expand, into, 1)
        layer(f"{name}.conv_dw", inner, 1, 3)
        layer(f"{name}.project", project, inner, 1, prelu=False)
        return project

    layer("conv1", STEM[0], 3, 3)
    layer("conv2_dw", STEM[1], 1, 3)
    width = STEM[1]
    for down, stage, first, rest in (("conv_23", "conv_3", DOWN_23, STAGE_3), ("conv_34", "conv_4", DOWN_34, STAGE_4),
                                     ("conv_45", "conv_5", DOWN_45, STAGE_5)):
        width = block(down, width, first)
        for index, widths in enumerate(rest):
            block(f"{stage}.model.{index}", width, widths)
    layer("conv_6_sep", HEAD, width, 1)
    layer("conv_6_dw", HEAD, 1, 5, prelu=False)
    put("linear.weight", 128, HEAD, by=1.0 / np.sqrt(HEAD))
    norm("bn", 128)
    put("prob.weight", 3, 128, by=1.0 / np.sqrt(128))
    state["conv1.conv.weight"] /= 128  # pixels are 0 to 255
    # residual sums grow by the block: kept small, so that no class takes all
    for name in (n for n in state if n.endswith("project.bn.weight") and ".model." in n):
        state[name] *= 0.3
    return state


def write_legacy(state, file):
    """Writes a state dict in PyTorch's old format, as torch.save did before 1.6."""
    class Global:
        """A name that unpickles to a global of torch without torch being there."""

    class Writer(pickle._Pickler):  # pylint: disable=protected-access
        """The Python pickler, which can be told to write such names and persistent ids."""

        def persistent_id(self, obj):
            return obj.reference if isinstance(obj, Storage) else None

        def save_global_name(self, obj, name=None):
            module, attribute = obj.path
            self.write(pickle.GLOBAL + f"{module}\n{attribute}\n".encode())

        dispatch = dict(pickle._Pickler.dispatch)  # pylint: disable=protected-access
        dispatch[Global] = save_global_name

    def named(module, attribute):
        found = Global()
        found.path = (module, attribute)
        return found

    class Storage:
        """A storage, written as a persistent id."""

        def __init__(self, key, array):
            kind = "FloatStorage" if array.dtype == np.float32 else "LongStorage"
            self.reference = ("storage", named("torch", kind), key, "cpu", array.size, None)

    class Tensor:
        """A tensor, written as the call that rebuilds it."""

        def __init__(self, key, array):
            step = [s // array.itemsize for s in array.strides]
            self.arguments = (Storage(key, array), 0, array.shape, tuple(step), False, collections.OrderedDict())

    def save_tensor(writer, tensor):
        writer.save(named("torch._utils", "_rebuild_tensor_v2"))
        writer.save(tensor.arguments)
        writer.write(pickle.REDUCE)

    Writer.dispatch[Tensor] = save_tensor
    arrays = {str(94000000000000 + 64 * i): np.ascontiguousarray(a) if a.ndim else a.copy()
              for i, a in enumerate(state.values())}
    for head in (torch_legacy.MAGIC, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}):
        pickle.dump(head, file, protocol=2)
    tensors = collections.OrderedDict(
        (f"module.{name}", Tensor(key, array)) for name, (key, array) in zip(state, arrays.items()))
    Writer(file, protocol=2).dump(tensors)
    keys = sorted(arrays)
    pickle.dump(keys, file, protocol=2)
    for key in keys:
        file.write(struct.pack("<q", arrays[key].size) + arrays[key].tobytes())


def sources():
    """(name, key, state, where from): the real weights where they are, else made-up ones."""
    found = []
    for name, key in (("MiniFASNetV2", "minifasnet-v2"), ("MiniFASNetV1SE", "minifasnet-v1se")):
        for path in fetch.local_forms(key):
            found.append((name, key, minifasnet.load(path), path))
    if not found:
        print("  KIOSK_MODEL_DIR has no MiniFASNet weights: made-up weights of the same shapes are used", flush=True)
        found.append(("MiniFASNetV2", None, made_up_state(), None))
    return found


class Reference:
    """The network as upstream's MiniFASNet.py defines it, in plain numpy and double precision, nothing folded."""

    def __init__(self, state):
        self.state = {name: array.astype(np.float64) for name, array in state.items()}

    def conv(self, x, name, stride=1, pad=0):
        kernel = self.state[f"{name}.weight"]
        out, into, kh, kw = kernel.shape
        x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
        windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), (1, 2))[:, ::stride, ::stride]
        if into == 1 and x.shape[0] == out and out != 1:
            return np.einsum("chwij,cij->chw", windows, kernel[:, 0])
        return np.einsum("chwij,ocij->ohw", windows, kernel, optimize=True)

    def norm(self, x, name):
        s = {part: self.state[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")}
        shape = (-1,) + (1,) * (x.ndim - 1)
        s = {part: array.reshape(shape) for part, array in s.items()}
        return (x - s["running_mean"]) / np.sqrt(s["running_var"] + 1e-5) * s["weight"] + s["bias"]

    def layer(self, x, name, stride=1, pad=0):
        x = self.norm(self.conv(x, f"{name}.conv", stride, pad), f"{name}.bn")
        slope = self.state.get(f"{name}.prelu.weight")
        return x if slope is None else np.where(x > 0, x, x * slope.reshape(-1, 1, 1))

    def block(self, x, name, stride=1):
        x = self.layer(self.layer(x, f"{name}.conv"), f"{name}.conv_dw", stride, 1)
        x = self.layer(x, f"{name}.project")
        if f"{name}.se_module.fc1.weight" in self.state:
            s = x.mean(axis=(1, 2), keepdims=True)
            s = np.maximum(self.norm(self.conv(s, f"{name}.se_module.fc1"), f"{name}.se_module.bn1"), 0)
            s = self.norm(self.conv(s, f"{name}.se_module.fc2"), f"{name}.se_module.bn2")
            x = x / (1 + np.exp(-s))
        return x

    def run(self, picture):
        """Probabilities of the three classes for 3 x 80 x 80."""
        x = self.layer(self.layer(picture.astype(np.float64), "conv1", 2, 1), "conv2_dw", 1, 1)
        for down, stage, count in (("conv_23", "conv_3", 4), ("conv_34", "conv_4", 6), ("conv_45", "conv_5", 2)):
            x = self.block(x, down, 2)
            for index in range(count):
                x = x + self.block(x, f"{stage}.model.{index}")
        x = self.layer(self.layer(x, "conv_6_sep"), "conv_6_dw").ravel()
        x = self.norm(self.state["linear.weight"] @ x, "bn")
        x = np.exp(self.state["prob.weight"] @ x)
        return x / x.sum()


class MiniFasNet(unittest.TestCase):
    """Weights to ONNX."""

    def test_npz_and_pth_give_the_same_onnx(self):
        # Upstream's .pth need not be at hand: its format is written here from the same arrays.
        for name, key, state, _ in sources():
            with self.subTest(network=name), tempfile.TemporaryDirectory() as folder:
                npz, pth = Path(folder) / "w.npz", Path(folder) / "w.pth"
                np.savez(npz, **state)
                with open(pth, "wb") as file:
                    write_legacy(state, file)
                one, other = (minifasnet.from_file(name, path) for path in (npz, pth))
                self.assertEqual(one, other)
                print(f"  parity {name}: .npz and .pth (format written by this test) give the same bytes", flush=True)
                forms = fetch.local_forms(key) if key else []
                if len(forms) == 2:
                    self.assertEqual(*(minifasnet.from_file(name, path) for path in forms))
                    print(f"  parity {name}: upstream's own .pth gives the same bytes as the .npz", flush=True)

    def test_onnx_agrees_with_the_network_as_written_upstream(self):
        for name, _, state, _ in sources():
            onnx_bytes, reference = minifasnet.Network(name, state).write(), Reference(state)
            for kind, picture in (("portrait", support.crop(support.FACE, 80)), ("noise", support.noise(80, 80))):
                with self.subTest(network=name, picture=kind):
                    image = support.nchw(picture[:, :, ::-1])
                    ours = support.run(onnx_bytes, {"image": image})["probabilities"]
                    theirs = reference.run(image[0])
                    self.assertLess(support.difference(f"{name}, {kind}", ours, theirs), 1e-4)

    def test_a_weight_that_the_network_lacks_is_refused(self):
        state = made_up_state()
        state["extra.weight"] = np.zeros(3, np.float32)
        with self.assertRaisesRegex(ValueError, "extra.weight"):
            minifasnet.Network("MiniFASNetV2", state).write()


class LegacyFormat(unittest.TestCase):
    """PyTorch's old format, read without PyTorch."""

    def test_what_was_written_is_read(self):
        state = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(4, np.int64)}
        file = io.BytesIO()
        write_legacy(state, file)
        file.seek(0)
        read = torch_legacy.load(file)
        for name, array in state.items():
            np.testing.assert_array_equal(read[f"module.{name}"], array)

    def test_a_pickle_that_would_run_code_is_refused(self):
        file = io.BytesIO()
        pickle.dump(torch_legacy.MAGIC, file, protocol=2)
        pickle.dump(eval, file, protocol=2)
        file.seek(0)
        with self.assertRaises(pickle.UnpicklingError):
            torch_legacy.load(file)


if __name__ == "__main__":
    unittest.main()
