"""The pack is what the manifest says, on every build."""

import hashlib
import os
import tempfile
import tomllib
import unittest
from pathlib import Path
from unittest import mock

import support
from support import fetch
import build


def manifest():
    """The models of the pack `default`."""
    models = tomllib.loads((support.MODELS / "manifest.toml").read_text())["model"]
    return [model for model in models if model["pack"] == "default"]


class Pack(unittest.TestCase):
    """Building."""

    def test_two_builds_give_the_manifests_sha256s(self):
        files = build.expected()
        for turn in (1, 2):
            with tempfile.TemporaryDirectory() as folder:
                left_out = {name for name, _ in build.build(Path(folder), files)}
                for name, (sha, _) in files.items():
                    if name not in left_out:
                        self.assertEqual(fetch.sha256(Path(folder) / name), sha, f"{name}, build {turn}")

    def test_a_wrong_file_is_built_anew(self):
        name = "face_mesh.onnx"
        files = {name: build.expected()[name]}
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / name).write_bytes(b"something else")
            build.build(Path(folder), files)
            self.assertEqual(fetch.sha256(Path(folder) / name), files[name][0])

    def test_a_build_that_differs_from_the_manifest_is_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(fetch.Mismatch, "iris.onnx"):
                build.build(Path(folder), {"iris.onnx": ("0" * 64, False)})
            self.assertEqual(list(Path(folder).iterdir()), [])

    def test_without_weights_in_reach_the_pack_is_made_without_pad(self):
        files = {name: entry for name, entry in build.expected().items() if name.startswith("pad")}
        unreachable = mock.patch("urllib.request.urlopen", side_effect=OSError("no way there"))
        with tempfile.TemporaryDirectory() as folder, unreachable, \
                mock.patch.dict(os.environ), mock.patch.object(fetch, "SOURCES", Path(folder) / "sources"):
            os.environ.pop("KIOSK_MODEL_DIR", None)
            left_out = build.build(Path(folder), files)
            self.assertEqual([name for name, _ in left_out], ["pad_v2.onnx", "pad_v1se.onnx"])
            self.assertIn("KIOSK_MODEL_DIR", left_out[0][1])
            self.assertFalse((Path(folder) / "pad_v2.onnx").exists())

    def test_a_source_with_another_sha256_is_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "archive.tgz"
            path.write_bytes(b"not it")
            with self.assertRaisesRegex(fetch.Mismatch, "archive.tgz"):
                fetch.check(path, hashlib.sha256(b"it").hexdigest())


class Manifest(unittest.TestCase):
    """What is written about each model is so."""

    def test_inputs_and_outputs_are_the_networks_own(self):
        for model in manifest():
            path = support.PACK / model["file"]
            if model.get("optional") and not path.exists():
                print(f"  {model['id']} is not in this pack: its shapes are not compared", flush=True)
                continue
            opened = support.session(path)
            for kind, real in (("input", opened.get_inputs()), ("output", opened.get_outputs())):
                with self.subTest(model=model["id"], kind=kind):
                    self.assertEqual([t["name"] for t in model[kind]], [t.name for t in real])
                    for said, found in zip(model[kind], real):
                        self.assertEqual(len(said["shape"]), len(found.shape))
                        for side, true in zip(said["shape"], found.shape):
                            # PaddleOCR leaves the recogniser's height free; it was trained on 48
                            self.assertTrue(side == true or not isinstance(true, int), f"{said} {found.shape}")

    def test_every_model_has_a_card_a_licence_and_a_source(self):
        sources = fetch.table()
        for model in manifest():
            self.assertTrue((support.MODELS / model["card"]).is_file(), model["card"])
            self.assertTrue(model["source"] in sources or model["source"] == "own", model["source"])
            self.assertTrue(model["licence"])


if __name__ == "__main__":
    unittest.main()
