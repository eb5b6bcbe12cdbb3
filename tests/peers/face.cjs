// The networks of npm's `human` under TensorFlow.js with its wasm backend, as the face bench asks for them: one JSON request
// a line, one JSON answer a line.
//
//   node face.cjs FOLDER          (FOLDER: where package.json was installed)
//
//   {"what": "versions"}
//   {"what": "open", "file": RAW, "width": W, "height": H, "frames": N}   a new clip: RGB bytes, frame after frame
//   {"what": "look", "from": A, "to": B}                                  frames A to B of it, in order
//
// The face is followed as kioskd follows it (inference/src/face/track.rs): the mesh looks where the face was, the detector once
// in 15 frames and where it is lost. Times, points and what is not counted are as in face.py.
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const Module = require("module");
const { apply, crop, fromPatch, scaleOf } = require("./face_crop.cjs");

const folder = path.resolve(process.argv[2]);
const from = Module.createRequire(path.join(folder, "package.json"));
console.log = console.info = console.warn = (...words) => console.error(...words);
const tf = from("@tensorflow/tfjs-core");
const converter = from("@tensorflow/tfjs-converter");
const wasm = from("@tensorflow/tfjs-backend-wasm");

const [DETECTOR, MESH] = [256, 192];
const [LEAST_SCORE, LEAST_PRESENCE, SAME_FACE, LOOK_EVERY] = [0.55, 0.5, 0.3, 15];

function loaded(name) {
  const models = path.join(folder, "node_modules/@vladmandic/human/models");
  const model = JSON.parse(fs.readFileSync(path.join(models, `${name}.json`), "utf8"));
  const bytes = fs.readFileSync(path.join(models, `${name}.bin`));
  return converter.loadGraphModel({
    load: async () => ({
      format: model.format,
      modelTopology: model.modelTopology,
      signature: model.signature,
      weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
      weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    }),
  });
}

/** Runs a network on `input` (side x side x 3 floats) and gives each wanted output's values. */
function run(network, input, side, wanted) {
  const tensor = tf.tensor4d(input, [1, side, side, 3]);
  const outputs = network.execute(tensor, wanted);
  const values = outputs.map((output) => output.dataSync());
  tf.dispose([tensor, outputs]);
  return values;
}

const anchors = [[16, 2], [32, 6]].flatMap(([cell, each]) => {
  const cells = DETECTOR / cell;
  return Array.from({ length: cells * cells * each }, (_, i) => {
    const at = Math.floor(i / each);
    return [cell * ((at % cells) + 0.5), cell * (Math.floor(at / cells) + 0.5)];
  });
});

const distance = (one, two) => Math.hypot(one[0] - two[0], one[1] - two[1]);

class Follower {
  constructor(detector, mesh) {
    Object.assign(this, { detector, mesh });
    this.patch = { [DETECTOR]: new Float32Array(DETECTOR * DETECTOR * 3), [MESH]: new Float32Array(MESH * MESH * 3) };
    this.reset();
  }

  reset() {
    this.place = null;
    this.sinceLook = 0;
  }

  look(picture) {
    const points = this.goOn(picture) ?? this.find(picture);
    if (!points) this.reset();
    return points;
  }

  goOn(picture) {
    if (!this.place) return null;
    const points = this.read(picture, this.place, true);
    if (!points) return null;
    this.place = squareAround(points);
    if (++this.sinceLook < LOOK_EVERY) return points;
    this.sinceLook = 0;
    return this.detect(picture, 1).length ? points : null;
  }

  find(picture) {
    for (const reach of [1, 2]) {
      const [first] = this.detect(picture, reach);
      const points = first && this.read(picture, first, true);
      if (!points) continue;
      this.place = squareAround(points);
      this.sinceLook = 0;
      return points;
    }
    return null;
  }

  /** The mesh in one square, read again where the square was much off; null where no face is seen. */
  read(picture, square, refine) {
    const map = fromPatch(square, MESH);
    crop(picture, map, MESH, "edge", [1 / 255, 0], this.patch[MESH]);
    const [values, flag] = run(this.mesh, this.patch[MESH], MESH, ["Identity_2", "Identity_1"]);
    if (flag[0] < LEAST_PRESENCE) return null;
    const points = [];
    for (let i = 0; i < values.length; i += 3) points.push(apply(map, values[i], values[i + 1]));
    if (!refine) return points;
    const better = squareAround(points);
    return close(square, better) ? points : this.read(picture, better, false) ?? points;
  }

  /** Squares of the faces that the detector sees, the largest first. */
  detect(picture, reach) {
    const { width, height } = picture;
    const whole = { centre: [width / 2, height / 2], side: reach * Math.max(width, height), angle: 0 };
    const map = fromPatch(whole, DETECTOR);
    crop(picture, map, DETECTOR, "black", [1 / 127.5, -1], this.patch[DETECTOR]);
    const names = ["Identity", "Identity_1", "Identity_2", "Identity_3"];
    const parts = run(this.detector, this.patch[DETECTOR], DETECTOR, names);
    const sized = (size) => parts.find((part) => part.length === size);
    const found = [];
    for (const [first, count] of [[0, 512], [512, 384]]) {
      const [logits, boxes] = [sized(count), sized(count * 16)];
      for (let i = 0; i < count; i++) {
        const score = 1 / (1 + Math.exp(-logits[i]));
        if (score >= LEAST_SCORE) found.push(detection(boxes.subarray(16 * i, 16 * i + 16), anchors[first + i], score, map));
      }
    }
    return merged(found);
  }
}

function detection(numbers, anchor, score, map) {
  const near = (i) => apply(map, numbers[i] + anchor[0], numbers[i + 1] + anchor[1]);
  return { values: [...near(0), numbers[2] * scaleOf(map), numbers[3] * scaleOf(map), ...near(4), ...near(6)], score };
}

function overlap({ values: one }, { values: two }) {
  const shared = [0, 1].map((k) => Math.max(0, Math.min(one[k] + one[k + 2] / 2, two[k] + two[k + 2] / 2)
    - Math.max(one[k] - one[k + 2] / 2, two[k] - two[k + 2] / 2)));
  const both = shared[0] * shared[1];
  return both / (one[2] * one[3] + two[2] * two[3] - both);
}

/** Overlapping boxes averaged by score, as squares for the mesh. */
function merged(found) {
  found.sort((one, two) => two.score - one.score);
  const faces = [];
  while (found.length) {
    const best = found[0];
    const same = found.filter((one) => one === best || overlap(best, one) > SAME_FACE);
    found = found.filter((one) => !same.includes(one));
    const total = same.reduce((sum, one) => sum + one.score, 0);
    const values = best.values.map((_, k) => same.reduce((sum, one) => sum + one.values[k] * one.score, 0) / total);
    const [x, y, width, height, rightX, rightY, leftX, leftY] = values;
    faces.push({ centre: [x, y], side: 1.5 * Math.max(width, height), angle: Math.atan2(leftY - rightY, leftX - rightX) });
  }
  return faces.sort((one, two) => two.side - one.side);
}

/** The points' bounds in the direction of the eyes, half as large again. */
function squareAround(points) {
  const [right, left] = [points[33], points[263]];
  const angle = Math.atan2(left[1] - right[1], left[0] - right[0]);
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  for (const [x, y] of points) {
    const turned = [x * cos + y * sin, y * cos - x * sin];
    for (let k = 0; k < 2; k++) {
      low[k] = Math.min(low[k], turned[k]);
      high[k] = Math.max(high[k], turned[k]);
    }
  }
  const middle = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
  return {
    centre: [middle[0] * cos - middle[1] * sin, middle[0] * sin + middle[1] * cos],
    side: 1.5 * Math.max(high[0] - low[0], high[1] - low[1]),
    angle,
  };
}

function close(one, two) {
  const turn = Math.atan2(Math.sin(one.angle - two.angle), Math.cos(one.angle - two.angle));
  const ratio = one.side / two.side;
  return distance(one.centre, two.centre) < 0.1 * two.side && ratio >= 0.8 && ratio < 1.25
    && Math.abs(turn) < (10 * Math.PI) / 180;
}

class Clip {
  constructor(follower) {
    this.follower = follower;
  }

  versions() {
    const version = (name) => JSON.parse(fs.readFileSync(path.join(folder, "node_modules", name, "package.json"), "utf8")).version;
    const flag = (name) => tf.env().getBool(name);
    return {
      "TensorFlow.js": `${version("@tensorflow/tfjs-core")} (${tf.getBackend()}, SIMD ${flag("WASM_HAS_SIMD_SUPPORT") ? "yes" : "no"}, `
        + `threads ${flag("WASM_HAS_MULTITHREAD_SUPPORT") ? wasm.getThreadsCount() : 1})`,
      human: version("@vladmandic/human"),
      node: process.versions.node,
    };
  }

  open({ file, width, height, frames }) {
    const bytes = fs.readFileSync(file);
    if (bytes.length !== width * height * 3 * frames) throw new Error(`${file} has ${bytes.length} bytes`);
    const one = width * height * 3;
    this.pictures = Array.from({ length: frames }, (_, i) => ({ width, height, data: bytes.subarray(i * one, (i + 1) * one) }));
    this.follower.reset();
    return {};
  }

  look({ from: first, to: end }) {
    const [ms, points] = [[], []];
    const worked = process.cpuUsage();
    for (let index = first; index < end; index++) {
      const start = performance.now();
      points.push(this.follower.look(this.pictures[index]));
      ms.push(performance.now() - start);
    }
    const { user, system } = process.cpuUsage(worked);
    const rounded = (value) => Math.round(value * 1e3) / 1e3;
    return { ms, cpu_ms: (user + system) / 1e3, points: points.map((face) => face && face.map((point) => point.map(rounded))) };
  }
}

async function main() {
  wasm.setWasmPaths(path.join(folder, "node_modules/@tensorflow/tfjs-backend-wasm/dist/"));
  await tf.setBackend("wasm");
  await tf.ready();
  if (tf.getBackend() !== "wasm") throw new Error(`the backend is ${tf.getBackend()}, not wasm`);
  const clip = new Clip(new Follower(await loaded("blazeface"), await loaded("facemesh")));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      answer = clip[request.what](request);
    } catch (error) {
      answer = { error: `${error}` };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

main().catch((error) => { console.error(error.stack); process.exit(1); });
