"""The networks that this project trained itself: they lie in the repository, with what trained them."""

import fetch

TRAINED = fetch.HERE.parent / "mrz"


def mrz_recogniser():
    """Lines of OCR-B (models/mrz/train.py, exported by models/mrz/export.py)."""
    return (TRAINED / "mrz_recogniser.onnx").read_bytes()
