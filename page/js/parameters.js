// Parameters from a file of the reader's: an assignment2.pkl, an .npz, or the run.json of a training.

import { makeNetwork } from "./network.js";
import { readNpz } from "./npz.js";
import { Numbers, readPickle } from "./pickle.js";

const NAMES = ["W1", "b1", "W2", "b2"];
const MOST_UNITS = 32;
const MOST_BYTES = 20e6; // a run.json has some 40 kB

// The network in the file. Throws an Error with one sentence, which begins with the file's name.
export async function readNetwork(file) {
  try {
    if (file.size > MOST_BYTES) throw new Error("it is too large to hold the parameters of a small network");
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (bytes.length === 0) throw new Error("it is empty");
    return check(await read(bytes));
  } catch (error) {
    const reason = error instanceof RangeError ? "it is damaged" : error.message;
    throw new Error(`${file.name} was refused: ${reason}.`, { cause: error });
  }
}

// By the first byte: a zip begins with P, a pickle of protocol 2 or later with 0x80, JSON with a brace.
async function read(bytes) {
  if (bytes[0] === 0x50) return readNpz(bytes, NAMES);
  if (bytes[0] === 0x80) {
    const saved = readPickle(bytes);
    if (!(saved instanceof Map)) throw new Error("it is no dict");
    return Object.fromEntries(saved);
  }
  let run;
  try {
    run = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Error("it is none of assignment2.pkl (protocol 2 to 5), .npz and run.json");
  }
  return run?.parameters ?? {};
}

function check(saved) {
  const missing = NAMES.filter((name) => !(name in saved));
  if (missing.length) throw new Error(`it has no ${missing.join(", ")}`);
  const [W1, b1, W2, b2] = NAMES.map((name) => flatten(name, saved[name]));
  const units = W1.shape[0];
  const sizes = [W1, b1, W2, b2].map(({ values }) => values.length);
  const fits =
    W1.shape.length === 2 && sizes[2] === units && [1, units].includes(sizes[1]) && sizes[3] === 1 && sizes[0] > 0;
  if (!fits) {
    const shapes = [W1, b1, W2, b2].map(({ shape }, at) => `${NAMES[at]} (${shape.join(", ")})`).join(", ");
    throw new Error(`the shapes ${shapes} do not fit; they must be (ℓ, 3), (ℓ,), (1, ℓ), (1,)`);
  }
  if (W1.shape[1] !== 3) throw new Error(`W1 has ${W1.shape[1]} columns, and a tweet has 3 features`);
  if (units > MOST_UNITS) throw new Error(`it has ${units} hidden units; this page shows at most ${MOST_UNITS}`);
  const biases = b1.values.length === units ? b1.values : new Array(units).fill(b1.values[0]);
  return makeNetwork(W1.values, biases, W2.values, b2.values[0]);
}

// A number, an array, or a list of lists, as its shape and its numbers.
function flatten(name, value) {
  const found = value instanceof Numbers ? value : { shape: shapeOf(value), values: [value].flat(Infinity) };
  const wrong = found.values?.find((each) => typeof each !== "number" || !Number.isFinite(each));
  if (!found.values || wrong !== undefined)
    throw new Error(`${name} holds ${wrong ?? "nothing"}; parameters are finite numbers`);
  return found;
}

const shapeOf = (value) => (Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : []);
