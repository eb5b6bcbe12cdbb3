"""MediaPipe's FaceMesh as the face bench asks for it: one JSON request a line, one JSON answer a line.

    face.py [--refine]

    {"what": "versions"}
    {"what": "open", "file": RAW, "width": W, "height": H, "frames": N}   a new clip: RGB bytes, frame after frame
    {"what": "look", "from": A, "to": B}                                  frames A to B of it, in order

An answer to `look` has the wall milliseconds of each frame, the processor milliseconds of all of them together (every
thread of this process), and each frame's 468 points in pixels, or null where no face was seen. Reading the clip is not
in the times; what comes back from MediaPipe is turned into numbers after the clock has stopped.
"""

import importlib.metadata
import json
import os
import sys
import time

os.environ.setdefault("GLOG_minloglevel", "2")

import mediapipe  # noqa: E402  (the line above must come first)
import numpy as np  # noqa: E402

REFINE = "--refine" in sys.argv[1:]
# The 10 points after these are the irises', which come with refined landmarks only.
POINTS = 468


class Clip:
    """The clip that is looked at, and the graph that follows the face in it."""

    def __init__(self):
        self.frames, self.mesh = None, None

    def open(self, request):
        size = (request["frames"], request["height"], request["width"], 3)
        self.frames = np.fromfile(request["file"], np.uint8).reshape(size)
        # Read-only pictures are handed to the graph without a copy in Python.
        self.frames.flags.writeable = False
        if self.mesh:
            self.mesh.close()
        self.mesh = mediapipe.solutions.face_mesh.FaceMesh(
            static_image_mode=False, max_num_faces=1, refine_landmarks=REFINE,
            min_detection_confidence=0.5, min_tracking_confidence=0.5)
        return {}

    def look(self, request):
        found, times = [], []
        worked = time.process_time()
        for index in range(request["from"], request["to"]):
            start = time.perf_counter()
            answer = self.mesh.process(self.frames[index])
            times.append((time.perf_counter() - start) * 1e3)
            found.append(answer.multi_face_landmarks)
        worked = (time.process_time() - worked) * 1e3
        return {"ms": times, "cpu_ms": worked, "points": [self.points(faces) for faces in found]}

    def points(self, faces):
        if not faces:
            return None
        _, height, width, _ = self.frames.shape
        return [[round(point.x * width, 3), round(point.y * height, 3)] for point in faces[0].landmark[:POINTS]]


def versions(_):
    return {"MediaPipe": importlib.metadata.version("mediapipe"), "Python": sys.version.split()[0]}


def main():
    # What libraries print must not get among the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    clip = Clip()
    asked = {"versions": versions, "open": clip.open, "look": clip.look}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = asked[request["what"]](request)
        except Exception as error:  # pylint: disable=broad-except
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
