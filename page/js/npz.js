// Reads and writes numpy's .npz: a zip of .npy files, each an array.

import { decodeNumbers } from "./pickle.js";
import { inflate } from "./unpack.js";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;

// { name: Numbers }, of the members that are named.
export async function readNpz(bytes, names) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) throw new Error("it is not a whole zip file");
  const arrays = {};
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== CENTRAL) throw new Error("its table of contents is damaged");
    const [method, size] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true)];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)).replace(/\.npy$/, "");
    at += 46 + nameLength + extra + comment;
    if (!names.includes(name)) continue;
    if (view.getUint32(local, true) !== LOCAL) throw new Error(`${name} is damaged`);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const stored = bytes.subarray(start, start + size);
    if (method !== 0 && method !== 8) throw new Error(`${name} is compressed in a way that numpy does not use`);
    arrays[name] = readNpy(method === 8 ? await inflate(stored, "deflate-raw") : stored, name);
  }
  return arrays;
}

const HEADER = /^\{'descr': '([<>|])([fiu]\d)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \} *\n?$/;

function readNpy(bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || bytes[0] !== 0x93) throw new Error(`${name} is not an array`);
  const long = bytes[6] > 1; // versions 2 and 3 have longer headers
  const start = long ? 12 : 10;
  const data = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const found = HEADER.exec(new TextDecoder().decode(bytes.subarray(start, data)));
  if (!found) throw new Error(`${name} is not an array of numbers`);
  const [, order, code, fortran, shape] = found;
  const lengths = shape
    .split(",")
    .filter((length) => length.trim())
    .map(Number);
  return decodeNumbers(lengths, code, order !== ">", bytes.subarray(data), fortran === "True");
}

// arrays: { name: [shape, values] }, written as float64.
export function writeNpz(arrays) {
  const [files, contents] = [[], []];
  let offset = 0;
  for (const [name, [shape, values]] of Object.entries(arrays)) {
    const path = new TextEncoder().encode(`${name}.npy`);
    const data = npy(shape, values);
    // version, flags, method, time, date, CRC, size, size, length of the name, of the extra field
    const facts = [20, 0, 0, 0, 0x21, crc32(data), data.length, data.length, path.length, 0];
    const widths = [2, 2, 2, 2, 2, 4, 4, 4, 2, 2];
    const local = [fields([LOCAL, ...facts], [4, ...widths]), path, data];
    contents.push(fields([CENTRAL, 20, ...facts, 0, 0, 0, 0, offset], [4, 2, ...widths, 2, 2, 2, 4, 4]), path);
    files.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const size = contents.reduce((sum, part) => sum + part.length, 0);
  const n = contents.length / 2;
  const tail = fields([END, 0, 0, n, n, size, offset, 0], [4, 2, 2, 2, 2, 4, 4, 2]);
  return new Blob([...files, ...contents, tail]);
}

function npy(shape, values) {
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  let header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${lengths}), }`;
  header = header.padEnd(128 - 11) + "\n";
  const bytes = new Uint8Array(128 + 8 * values.length);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, 118, 0]);
  bytes.set(new TextEncoder().encode(header), 10);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of [...values].entries()) view.setFloat64(128 + 8 * i, value, true);
  return bytes;
}

function fields(values, widths) {
  const view = new DataView(new ArrayBuffer(widths.reduce((sum, width) => sum + width, 0)));
  let at = 0;
  for (const [i, width] of widths.entries()) {
    view[width === 2 ? "setUint16" : "setUint32"](at, values[i], true);
    at += width;
  }
  return new Uint8Array(view.buffer);
}

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}
