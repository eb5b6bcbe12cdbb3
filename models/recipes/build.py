"""Builds the model pack `default`: every file that `models/manifest.toml` lists, byte for byte.

    python build.py [--to FOLDER] [--print]

A file that is there already and right is left alone. A file whose sha256 is not the manifest's is
never left in the pack. Models marked `optional` whose source can't be reached are left out, said so,
and the exit status stays 0. `--print` prints each file's sha256 instead of comparing it.
"""

import argparse
import hashlib
import os
import sys
import tomllib
from pathlib import Path

import dlib_resnet
import fetch
import human
import minifasnet
import own
import ppocr

MODELS = fetch.HERE.parent

# File to the recipe that gives its bytes.
RECIPES = {
    "face_detector.onnx": human.face_detector,
    "face_mesh.onnx": human.face_mesh,
    "iris.onnx": human.iris,
    "face_embedding.onnx": dlib_resnet.face_embedding,
    "text_detector.onnx": ppocr.text_detector,
    "text_recogniser.onnx": ppocr.text_recogniser,
    "text_recogniser.txt": ppocr.characters,
    "mrz_recogniser.onnx": own.mrz_recogniser,
    "pad_v2.onnx": minifasnet.pad_v2,
    "pad_v1se.onnx": minifasnet.pad_v1se,
}


def expected():
    """File to (sha256, whether it may be left out), as the manifest has it."""
    manifest = tomllib.loads((MODELS / "manifest.toml").read_text())
    files = {}
    for model in (m for m in manifest["model"] if m.get("pack", "default") == "default"):
        for part in [model, *model.get("companion", [])]:
            files[part["file"]] = (part["sha256"], model.get("optional", False))
    return files


def write(path, data):
    """Replaces a file whole."""
    part = path.with_name(path.name + ".part")
    with open(part, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def build(folder, files):
    """Makes what is missing; returns what had to be left out, with the reason."""
    left_out = []
    for number, (name, (sha, optional)) in enumerate(files.items(), 1):
        path = folder / name
        progress = f"  [{number}/{len(files)}] {name}"
        if path.exists() and fetch.sha256(path) == sha:
            print(f"{progress}: there", flush=True)
            continue
        try:
            data = RECIPES[name]()
        except fetch.Unavailable as error:
            if not optional:
                raise
            path.unlink(missing_ok=True)
            left_out.append((name, str(error)))
            print(f"{progress}: left out", flush=True)
            continue
        found = hashlib.sha256(data).hexdigest()
        if found != sha:
            raise fetch.Mismatch(f"{name} was built with sha256 {found}, models/manifest.toml says {sha}: "
                                 "use the versions that models/recipes/requirements.txt pins")
        write(path, data)
        print(f"{progress}: built, {len(data) // 1024} KiB", flush=True)
    return left_out


def main():
    """Builds, or prints sha256s."""
    parser = argparse.ArgumentParser(description="Builds the model pack `default`.")
    parser.add_argument("--to", type=Path, default=MODELS / "packs" / "default")
    parser.add_argument("--print", action="store_true")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    try:
        if options.print:
            for name, recipe in RECIPES.items():
                data = recipe()
                write(options.to / name, data)
                print(hashlib.sha256(data).hexdigest(), name, len(data))
            return
        left_out = build(options.to, expected())
    except (fetch.Unavailable, fetch.Mismatch) as error:
        sys.exit(f"error: {error}")
    for name, why in left_out:
        print(f"note: {name} is left out of the pack. {why}")
    if left_out:
        print("note: passive presentation attack detection will be reported as not assessed.\n"
              "      To have it: set KIOSK_MODEL_DIR to a folder with those files and run set-up again.")


if __name__ == "__main__":
    main()
