"""Each translated network says what the original says on the same input."""

import json
import unittest

import numpy as np

import support
from support import EYE, FACE, WHOLE, fetch
import dlib_resnet  # noqa: F401  (the recipe under test; support puts its folder on the path)


def graph_model(name, outputs):
    """A job that runs one of the human package's graph models."""
    return {
        "kind": "graph",
        "model": "{folder}/model.json",
        "weights": "{folder}/model.bin",
        "files": {"model.json": fetch.member("human", f"models/{name}.json"),
                  "model.bin": fetch.member("human", f"models/{name}.bin")},
        "outputs": outputs,
    }


class HumanModels(unittest.TestCase):
    """BlazeFace, face mesh and iris against TensorFlow.js."""

    def pictures(self, area, side):
        """The portrait's part that the network is for, and a made-up picture."""
        return [("portrait", support.crop(area, side)), ("noise", support.noise(side, side))]

    def test_face_detector_agrees_with_tfjs(self):
        job = graph_model("blazeface", ["Identity", "Identity_1", "Identity_2", "Identity_3"])
        for kind, picture in self.pictures(WHOLE, 256):
            picture = picture / 127.5 - 1
            ours = support.run(support.PACK / "face_detector.onnx", {"image": support.nchw(picture)})
            parts = {part.size: part for part in support.original(job, picture).values()}
            logits = np.concatenate([parts[512], parts[384]])
            regressors = np.concatenate([parts[512 * 16], parts[384 * 16]])
            self.assertLess(support.difference(f"face_detector logits, {kind}", ours["logits"], logits), 1e-2)
            self.assertLess(support.difference(f"face_detector regressors, {kind}", ours["regressors"], regressors),
                            1e-2)

    def test_face_mesh_agrees_with_tfjs(self):
        job = graph_model("facemesh", ["Identity_2", "Identity_1"])
        for kind, picture in self.pictures(FACE, 192):
            picture = picture / 255
            ours = support.run(support.PACK / "face_mesh.onnx", {"image": support.nchw(picture)})
            theirs = support.original(job, picture)
            self.assertLess(support.difference(f"face_mesh points, {kind}", ours["mesh"], theirs["Identity_2"]), 1e-2)
            self.assertLess(support.difference(f"face_mesh flag, {kind}", ours["flag"], theirs["Identity_1"]), 1e-4)

    def test_face_mesh_finds_the_portraits_face(self):
        picture = support.crop(FACE, 192) / 255
        ours = support.run(support.PACK / "face_mesh.onnx", {"image": support.nchw(picture)})
        self.assertGreater(ours["flag"][0, 0], 0.9)

    def test_iris_agrees_with_tfjs(self):
        job = graph_model("iris", ["Identity"])
        for kind, picture in self.pictures(EYE, 64):
            picture = picture / 255
            ours = support.run(support.PACK / "iris.onnx", {"image": support.nchw(picture)})
            theirs = support.original(job, picture)["Identity"]
            self.assertLess(support.difference(f"iris points, {kind}", ours["points"], theirs), 1e-2)


class FaceEmbedding(unittest.TestCase):
    """dlib's network against face-api's own network code under TensorFlow.js."""

    def test_face_embedding_agrees_with_face_api(self):
        weights = ["face_recognition_model-weights_manifest.json", "face_recognition_model.bin"]
        job = {"kind": "face-api", "package": "{folder}/package",
               "files": {"package/dist/face-api.node.js": fetch.member("face-api", "dist/face-api.node.js"),
                         **{f"package/model/{name}": fetch.member("face-api", f"model/{name}") for name in weights}}}
        mean = np.array([122.782, 117.001, 104.298], np.float32)
        for kind, picture in (("portrait", support.crop(FACE, 150)), ("noise", support.noise(150, 150))):
            # face-api divides by 255 where dlib divides by 256: the network is compared, not that
            ours = support.run(support.PACK / "face_embedding.onnx", {"image": support.nchw((picture - mean) / 255)})
            theirs = support.original(job, picture)["descriptor"]
            self.assertLess(support.difference(f"face_embedding, {kind}", ours["descriptor"], theirs), 1e-4)


class TextModels(unittest.TestCase):
    """PP-OCR is taken as published."""

    def test_text_models_are_the_packages_bytes(self):
        for ours, theirs in (("text_detector", "det"), ("text_recogniser", "rec")):
            published = fetch.member("rapidocr", f"rapidocr_onnxruntime/models/ch_PP-OCRv4_{theirs}_infer.onnx")
            self.assertEqual((support.PACK / f"{ours}.onnx").read_bytes(), published)
            print(f"  parity {ours}: byte for byte the published file", flush=True)

    def test_each_class_but_blank_and_space_has_a_character(self):
        characters = (support.PACK / "text_recogniser.txt").read_text().split("\n")[:-1]
        classes = support.session(support.PACK / "text_recogniser.onnx").get_outputs()[0].shape[2]
        self.assertEqual(len(characters) + 2, classes)
        for wanted in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<":
            self.assertIn(wanted, characters)


class Golden(unittest.TestCase):
    """Each network's answer to a made-up picture is the one that was written down."""

    def test_outputs_are_those_written_down(self):
        golden = json.loads((support.fetch.HERE / "tests" / "golden.json").read_text())
        for name, wanted in golden.items():
            if not (support.PACK / f"{name}.onnx").exists():
                print(f"  golden {name}: not in this pack, not compared", flush=True)
                continue
            found = answers(name)
            with self.subTest(model=name):
                self.assertEqual(found.keys(), wanted.keys())
                for output, values in wanted.items():
                    np.testing.assert_allclose(found[output], values, rtol=2e-3, atol=2e-3)


SIDES = {"face_detector": 256, "face_mesh": 192, "iris": 64, "face_embedding": 150, "text_detector": 96,
         "text_recogniser": 48, "pad_v2": 80, "pad_v1se": 80}


def answers(name):
    """Mean, spread and first six values of each output for a made-up picture, -1 to 1 (PAD: 0 to 255)."""
    picture = support.noise(SIDES[name], 7)
    picture = picture if name.startswith("pad") else picture / 127.5 - 1
    feed = "x" if name.startswith("text") else "image"
    found = support.run(support.PACK / f"{name}.onnx", {feed: support.nchw(picture)})
    return {output: [round(float(v), 5) for v in (a.mean(), a.std(), *a.ravel()[:6])] for output, a in found.items()}


if __name__ == "__main__":
    unittest.main()
