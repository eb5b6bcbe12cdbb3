"""Other readers of documents, asked over standard input: what `bench-document --peers` measures itself against.

One JSON object a line in, one a line out:

    {"what": "versions"}                  {"PassportEye": "2.2.2", "tesseract": "5.3.0", "zxing-cpp": "3.1.1"}
    {"what": "mrz", "file": PATH}         {"ms": 812.3, "cpu_ms": 1405.0, "lines": ["P<UTO..", ".."], "digits_right": true}
    {"what": "barcode", "file": PATH}     {"ms": 12.1, "cpu_ms": 12.0, "text": "..."}; text null where nothing was read

`ms` runs from opening the file to the reading, decoding included, as it does for kioskd's reader; `cpu_ms` is the
processor time of that span, this process's and tesseract's together.
PassportEye is called as its README calls it, `read_mrz(file)`; zxing-cpp with PDF417 and plain text
asked for and all else left at its defaults.
"""

import importlib.metadata
import json
import resource
import subprocess
import sys
import time
import warnings

import zxingcpp
from passporteye import read_mrz
from passporteye.mrz.text import MRZOCRCleaner
from PIL import Image

warnings.simplefilter("ignore")


def versions(_):
    said = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True)
    return {
        "PassportEye": importlib.metadata.version("PassportEye"),
        "tesseract": (said.stdout + said.stderr).split()[1],
        "zxing-cpp": importlib.metadata.version("zxing-cpp"),
    }


def cpu():
    """Processor seconds of this process and of the children that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def timed(work):
    start, worked = time.perf_counter(), cpu()
    found = work()
    times = {"ms": (time.perf_counter() - start) * 1e3, "cpu_ms": (cpu() - worked) * 1e3}
    return found, times


def mrz(file):
    found, times = timed(lambda: read_mrz(file))
    if found is None:
        return {**times, "lines": [], "digits_right": False}
    return {
        **times,
        # The lines that its fields come from: the object itself keeps only what tesseract said.
        "lines": MRZOCRCleaner.apply(found.aux["raw_text"]),
        # Of the layout that it took the lines for. `valid` asks more: line lengths and three letters of type.
        "digits_right": bool(getattr(found, "valid_check_digits", [])) and all(found.valid_check_digits),
    }


def barcode(file):
    # Its default text writes control characters in words, as `<GS>`: plain text is what is compared.
    asked = {"formats": zxingcpp.BarcodeFormat.PDF417, "text_mode": zxingcpp.TextMode.Plain}
    found, times = timed(lambda: zxingcpp.read_barcodes(Image.open(file), **asked))
    return {**times, "text": found[0].text if found else None}


def main():
    # What libraries print must not get among the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    asked = {"versions": versions, "mrz": mrz, "barcode": barcode}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = asked[request["what"]](request.get("file"))
        except Exception as error:  # pylint: disable=broad-except
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
