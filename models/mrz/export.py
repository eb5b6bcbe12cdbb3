"""Writes the trained network as ONNX: `python export.py --checkpoint FILE --out mrz_recogniser.onnx`.

    strip (batch, 1, HEIGHT, columns: float32, grey 0 to 255) ─► probabilities (batch, columns / STEP, CLASSES)

Batch normalisation is folded into the convolutions. The file is compared with the network it came from before it is kept.
"""

import argparse
import pickle
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import network
import strips

INPUT, OUTPUT = "strip", "probabilities"
OPSET = 17
# Probabilities of the file and of the network differ by no more.
FARTHEST = 1e-4


def folded(layer: network.Layer, own: dict, running: dict) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (out, in, rows, columns) and bias with the normalisation in them."""
    kernel, shift = np.asarray(own["kernel"], np.float64), np.asarray(own["shift"], np.float64)
    if layer.name != "classes":
        factor = np.asarray(own["scale"], np.float64) / np.sqrt(np.asarray(running["variance"], np.float64) + network.EPSILON)
        kernel, shift = kernel * factor, shift - np.asarray(running["mean"], np.float64) * factor
    return kernel.transpose(3, 2, 0, 1).astype(np.float32), shift.astype(np.float32)


def _normalisation() -> tuple[list, list]:
    """`network.normalised` as nodes."""
    constants = [numpy_helper.from_array(np.array([network.LEAST_DEVIATION], np.float32), "least")]
    nodes = [
        helper.make_node("ReduceMean", [INPUT], ["mean"], axes=[1, 2, 3]),
        helper.make_node("Sub", [INPUT, "mean"], ["centred"]),
        helper.make_node("Mul", ["centred", "centred"], ["squares"]),
        helper.make_node("ReduceMean", ["squares"], ["variance"], axes=[1, 2, 3]),
        helper.make_node("Sqrt", ["variance"], ["deviation"]),
        helper.make_node("Max", ["deviation", "least"], ["contrast"]),
        helper.make_node("Div", ["centred", "contrast"], ["normalised"]),
    ]
    return nodes, constants


def model(weights: dict, running: dict) -> onnx.ModelProto:
    """The graph."""
    nodes, constants = _normalisation()
    value = "normalised"
    for layer in network.LAYERS:
        kernel, bias = folded(layer, weights[layer.name], running[layer.name])
        constants += [numpy_helper.from_array(kernel, f"{layer.name}.kernel"), numpy_helper.from_array(bias, f"{layer.name}.bias")]
        rows, columns = layer.padding
        nodes.append(
            helper.make_node(
                "Conv",
                [value, f"{layer.name}.kernel", f"{layer.name}.bias"],
                [layer.name],
                kernel_shape=layer.kernel,
                strides=layer.stride,
                pads=[rows, columns, rows, columns],
            )
        )
        value = layer.name
        if layer.name != "classes":
            nodes.append(helper.make_node("Relu", [value], [f"{layer.name}.relu"]))
            value = f"{layer.name}.relu"
    constants.append(numpy_helper.from_array(np.array([2], np.int64), "row"))
    nodes += [
        helper.make_node("Squeeze", [value, "row"], ["steps"]),
        helper.make_node("Transpose", ["steps"], ["logits"], perm=[0, 2, 1]),
        helper.make_node("Softmax", ["logits"], [OUTPUT], axis=-1),
    ]
    taken = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", 1, strips.HEIGHT, "columns"])
    given = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", "steps", network.CLASSES])
    graph = helper.make_graph(nodes, "mrz_recogniser", [taken], [given], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="kioskd")
    made.ir_version = 8
    onnx.checker.check_model(made, full_check=True)
    return made


def difference(made: onnx.ModelProto, weights: dict, running: dict) -> float:
    """The largest difference of a probability between the file and the network."""
    pictures, _ = strips.batch(np.random.default_rng(7), 16)
    logits, _ = network.forward(weights, running, jnp.asarray(pictures), False)
    expected = np.exp(np.asarray(logits) - np.asarray(logits).max(-1, keepdims=True))
    expected /= expected.sum(-1, keepdims=True)
    session = onnxruntime.InferenceSession(made.SerializeToString())
    taken = pictures[:, None].astype(np.float32)
    (found,) = session.run([OUTPUT], {INPUT: taken})
    return float(np.abs(found - expected).max())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--checkpoint", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    given = arguments.parse_args()
    content = pickle.loads(given.checkpoint.read_bytes())
    made = model(content["weights"], content["running"])
    far = difference(made, content["weights"], content["running"])
    if far > FARTHEST:
        raise SystemExit(f"the file differs from the network by {far}: not written")
    given.out.write_bytes(made.SerializeToString(deterministic=True))
    print(f"{given.out}: {given.out.stat().st_size} bytes, step {content['step']}, largest difference {far:.1e}")


if __name__ == "__main__":
    main()
