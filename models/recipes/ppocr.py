"""PP-OCRv4 text detection and recognition out of PyPI's `rapidocr-onnxruntime`: ONNX already.

The files are taken byte for byte. The recogniser's character list, which the package keeps in the
model's metadata, is written out beside it: one character a line, class 1 first (class 0 is CTC's
blank; the last class, after the list, is the space).
"""

import onnx

import fetch

FOLDER = "rapidocr_onnxruntime/models"


def text_detector():
    """PP-OCRv4 mobile detection (DB)."""
    return fetch.member("rapidocr", f"{FOLDER}/ch_PP-OCRv4_det_infer.onnx")


def text_recogniser():
    """PP-OCRv4 mobile recognition (SVTR-LCNet, CTC)."""
    return fetch.member("rapidocr", f"{FOLDER}/ch_PP-OCRv4_rec_infer.onnx")


def characters():
    """The recogniser's character list as text."""
    model = onnx.load_from_string(text_recogniser())
    (listed,) = [p.value for p in model.metadata_props if p.key == "character"]
    lines = listed.splitlines()
    classes = model.graph.output[0].type.tensor_type.shape.dim[2].dim_value
    if len(lines) + 2 != classes:
        raise ValueError(f"{len(lines)} characters do not fit {classes} classes")
    return ("\n".join(lines) + "\n").encode()
