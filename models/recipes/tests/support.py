"""What the recipes' tests share: inputs made here, the pack's networks, and the originals under tfjs."""

import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import fetch  # noqa: E402  (found by the line above)

MODELS = fetch.HERE.parent
PACK = MODELS / "packs" / "default"
PORTRAIT = MODELS.parent / "tests" / ".portraits" / "astronaut.png"
TFJS = fetch.SOURCES / "tfjs"


def session(data):
    """An ONNX Runtime session on the CPU, of a file or of bytes."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    data = data if isinstance(data, bytes) else str(data)
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def run(data, inputs):
    """Output name to array."""
    opened = session(data)
    names = [output.name for output in opened.get_outputs()]
    return dict(zip(names, opened.run(names, inputs)))


def png(path):
    """Rows x columns x 3 bytes of an 8-bit RGB PNG without interlacing."""
    data, at, packed = path.read_bytes(), 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            if (depth, colour, interlaced) != (8, 2, 0):
                raise ValueError("not an 8-bit RGB PNG without interlacing")
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + 3 * width)
    return _unfilter(raw, width, height)


def _unfilter(raw, width, height):
    out = np.zeros((height, width, 3), np.int32)
    above = np.zeros((width, 3), np.int32)
    for y in range(height):
        kind, line = int(raw[y, 0]), raw[y, 1:].reshape(width, 3).astype(np.int32)
        if kind == 0:
            row = line
        elif kind == 2:
            row = (line + above) & 255
        else:
            row = np.zeros_like(line)
            for x in range(width):
                left = row[x - 1] if x else 0
                corner = above[x - 1] if x else np.zeros(3, np.int32)
                guess = {1: lambda: left, 3: lambda: (left + above[x]) // 2,
                         4: lambda: _paeth(left, above[x], corner)}[kind]()
                row[x] = (line[x] + guess) & 255
        out[y] = above = row
    return out.astype(np.uint8)


def _paeth(left, up, corner):
    p = left + up - corner
    a, b, c = abs(p - left), abs(p - up), abs(p - corner)
    return np.where((a <= b) & (a <= c), left, np.where(b <= c, up, corner))


# Where the face and its left eye are in the astronaut's picture: left, top, side.
WHOLE, FACE, EYE = (0, 0, 512), (148, 30, 176), (228, 100, 40)


def crop(area, side):
    """A square of the portrait (RGB, 0 to 255, side x side x 3), by nearest pixel."""
    left, top, length = area
    picture = png(PORTRAIT)
    at = (np.arange(side) + 0.5) * length / side
    return picture[(top + at).astype(int)[:, None], (left + at).astype(int)[None, :]].astype(np.float32)


def noise(side, seed):
    """A made-up picture (RGB, 0 to 255): a slope with noise on it, the same each time."""
    slope = np.linspace(0, 200, side, dtype=np.float32)
    grain = np.random.default_rng(seed).uniform(0, 55, (side, side, 3)).astype(np.float32)
    return slope[:, None, None] * 0.5 + slope[None, :, None] * 0.5 + grain


def nchw(picture):
    """Rows x columns x 3 to 1 x 3 x rows x columns."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None]).astype(np.float32)


def tfjs_installed():
    """Installs TensorFlow.js in a folder of its own, once (versions and hashes: package-lock.json)."""
    here = Path(__file__).resolve().parent
    lock = (here / "package-lock.json").read_bytes()
    stamp = TFJS / "installed.lock"
    if stamp.exists() and stamp.read_bytes() == lock:
        return TFJS
    TFJS.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        (TFJS / name).write_bytes((here / name).read_bytes())
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=TFJS, check=True)
    stamp.write_bytes(lock)
    return TFJS


def original(job, picture):
    """Runs an original network under tfjs; output name to flat array. `picture`: rows x columns x 3."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "input.f32").write_bytes(picture.astype("<f4").tobytes())
        job = {**job, "input": str(folder / "input.f32"), "shape": [1, *picture.shape], "to": str(folder)}
        for name, data in job.pop("files", {}).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        job = {key: value.replace("{folder}", str(folder)) if isinstance(value, str) else value
               for key, value in job.items()}
        (folder / "job.json").write_text(json.dumps(job))
        script = Path(__file__).resolve().parent / "run_tfjs.cjs"
        subprocess.run(["node", script, tfjs_installed(), folder / "job.json"], check=True, env=os.environ)
        return {path.stem: np.frombuffer(path.read_bytes(), "<f4") for path in folder.glob("*.f32")
                if path.stem != "input"}


def difference(name, ours, theirs):
    """The largest difference, printed with the values' own size beside it."""
    ours, theirs = np.asarray(ours).ravel(), np.asarray(theirs).ravel()
    if ours.shape != theirs.shape:
        raise AssertionError(f"{name}: {ours.size} values against {theirs.size}")
    largest = float(np.abs(ours.astype(np.float64) - theirs).max())
    print(f"  parity {name}: largest difference {largest:.2e}, largest value {np.abs(theirs).max():.3g}", flush=True)
    return largest
