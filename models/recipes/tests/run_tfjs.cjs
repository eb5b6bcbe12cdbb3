// Runs one original network under TensorFlow.js and writes its outputs.
//
//   node run_tfjs.cjs TFJS_FOLDER JOB.json
//
// The job: { kind: "graph", model: FILE.json, weights: FILE.bin, input: FILE (float32, NHWC), shape, outputs: [names], to: FOLDER }
//      or  { kind: "face-api", package: FOLDER, input: FILE (float32 RGB 0 to 255, NHWC), shape, to: FOLDER }
// Each output is written as TO/NAME.f32 (little-endian float32, in tfjs's own memory order).
"use strict";
const fs = require("fs");
const path = require("path");
const Module = require("module");

const [folder, jobFile] = process.argv.slice(2);
const job = JSON.parse(fs.readFileSync(jobFile, "utf8"));
const from = Module.createRequire(path.join(path.resolve(folder), "package.json"));
console.warn = () => {}; // tfjs advertises its native backend
const tf = from("@tensorflow/tfjs");

function floats(file) {
  const bytes = fs.readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function write(name, data) {
  fs.writeFileSync(path.join(job.to, `${name}.f32`), Buffer.from(Float32Array.from(data).buffer));
}

async function graph() {
  const model = JSON.parse(fs.readFileSync(job.model, "utf8"));
  const bytes = fs.readFileSync(job.weights);
  const artifacts = {
    format: model.format,
    modelTopology: model.modelTopology,
    signature: model.signature,
    weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  };
  const network = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
  const answers = network.execute(tf.tensor(floats(job.input), job.shape), job.outputs);
  const listed = Array.isArray(answers) ? answers : [answers];
  for (const [i, name] of job.outputs.entries()) write(name, await listed[i].data());
}

// The package's build for node asks for TensorFlow's native library; its network code is given tfjs itself instead.
async function faceApi() {
  const load = Module._load;
  Module._load = function (request, ...rest) {
    return request.startsWith("@tensorflow/") ? tf : load.call(this, request, ...rest);
  };
  const faceapi = require(path.join(job.package, "dist", "face-api.node.js"));
  const network = new faceapi.FaceRecognitionNet();
  await network.loadFromDisk(path.join(job.package, "model"));
  const answer = await network.forward(tf.tensor(floats(job.input), job.shape));
  write("descriptor", await answer.data());
}

tf.setBackend("cpu")
  .then(() => (job.kind === "graph" ? graph() : faceApi()))
  .catch((error) => { console.error(error.stack); process.exit(1); });
