// Reads the pickles that Python writes for a dict of numpy arrays, and nothing else: no function is called, and a file
// that names one beyond those which rebuild an array is refused. Protocols 2 to 5.

const RECONSTRUCT = "numpy.core.multiarray._reconstruct";
const SCALAR = "numpy.core.multiarray.scalar";
const FROM_BUFFER = "numpy.core.numeric._frombuffer";
const ENCODE = "_codecs.encode"; // bytes, as protocol 2 writes them
const ORDERED = "collections.OrderedDict";
const ALLOWED = ["numpy.ndarray", "numpy.dtype", RECONSTRUCT, SCALAR, FROM_BUFFER, ENCODE, ORDERED];

const MARK = Symbol("mark");

// What a name of the pickle stands for, until it is called.
class Name {
  constructor(name) {
    this.name = name.replace("numpy._core", "numpy.core");
    if (!ALLOWED.includes(this.name)) throw new Error(`it calls ${name}, and only arrays are allowed`);
  }
}

// An array: its shape, and its numbers row after row.
export class Numbers {
  constructor(shape, values) {
    Object.assign(this, { shape, values });
  }
}

class Type {
  constructor(code) {
    this.code = code;
    this.little = true;
  }
}

export function readPickle(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack = [];
  const memo = new Map();
  let at = 0;

  const take = (length) => {
    if (at + length > bytes.length) throw new Error("it ends too early");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const unsigned = (length) => {
    let value = 0;
    for (const byte of take(length).toReversed()) value = 256 * value + byte;
    return value;
  };
  const text = (length) => new TextDecoder("utf-8", { fatal: true }).decode(take(length));
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new Error("it ends too early");
    const found = text(end - at);
    at++;
    return found;
  };
  const pop = () => {
    if (!stack.length) throw new Error("it is damaged");
    return stack.pop();
  };
  const sinceMark = () => {
    const from = stack.lastIndexOf(MARK);
    if (from < 0) throw new Error("it is damaged");
    const items = stack.splice(from);
    return items.slice(1);
  };
  const fill = (dict, items) => {
    if (!(dict instanceof Map)) throw new Error("it is damaged");
    for (let i = 0; i + 1 < items.length; i += 2) dict.set(items[i], items[i + 1]);
  };
  const top = () => stack.at(-1);

  const codes = {
    0x80: () => {
      const protocol = unsigned(1);
      if (protocol > 5) throw new Error(`protocol ${protocol} is newer than 5`);
    },
    0x95: () => take(8), // FRAME
    0x28: () => stack.push(MARK),
    0x30: () => pop(),
    0x31: () => sinceMark(),
    0x4e: () => stack.push(null),
    0x88: () => stack.push(true),
    0x89: () => stack.push(false),
    0x4a: () => stack.push(new DataView(take(4).slice().buffer).getInt32(0, true)), // BININT
    0x4b: () => stack.push(unsigned(1)),
    0x4d: () => stack.push(unsigned(2)),
    0x8a: () => stack.push(long(take(unsigned(1)))),
    0x47: () => stack.push(new DataView(take(8).slice().buffer).getFloat64(0)), // BINFLOAT, big-endian
    0x58: () => stack.push(text(unsigned(4))),
    0x8c: () => stack.push(text(unsigned(1))),
    0x8d: () => stack.push(text(unsigned(8))),
    0x55: () => stack.push(take(unsigned(1))), // SHORT_BINSTRING and BINSTRING: Python 2's str
    0x54: () => stack.push(take(unsigned(4))),
    0x42: () => stack.push(take(unsigned(4))),
    0x43: () => stack.push(take(unsigned(1))),
    0x8e: () => stack.push(take(unsigned(8))),
    0x96: () => stack.push(take(unsigned(8))), // BYTEARRAY8
    0x5d: () => stack.push([]),
    0x29: () => stack.push([]),
    0x7d: () => stack.push(new Map()),
    0x85: () => stack.push([pop()]),
    0x86: () => stack.push([pop(), pop()].reverse()),
    0x87: () => stack.push([pop(), pop(), pop()].reverse()),
    0x74: () => stack.push(sinceMark()),
    0x61: () => append([pop()]),
    0x65: () => append(sinceMark()),
    0x73: () => {
      const value = pop();
      const key = pop();
      fill(top(), [key, value]);
    },
    0x75: () => {
      const items = sinceMark();
      fill(top(), items);
    },
    0x94: () => memo.set(memo.size, top()),
    0x71: () => memo.set(unsigned(1), top()),
    0x72: () => memo.set(unsigned(4), top()),
    0x68: () => stack.push(recall(unsigned(1))),
    0x6a: () => stack.push(recall(unsigned(4))),
    0x63: () => {
      const module = line();
      stack.push(new Name(`${module}.${line()}`));
    },
    0x93: () => {
      const name = pop();
      stack.push(new Name(`${pop()}.${name}`));
    },
    0x52: () => {
      const given = pop();
      stack.push(call(pop(), given));
    },
    0x62: () => {
      const state = pop();
      build(top(), state);
    },
  };
  const append = (items) => {
    if (!Array.isArray(top())) throw new Error("it is damaged");
    top().push(...items);
  };
  const recall = (key) => {
    if (!memo.has(key)) throw new Error("it is damaged");
    return memo.get(key);
  };

  if (view.byteLength < 2 || bytes[0] !== 0x80) throw new Error("it is not a pickle of protocol 2 to 5");
  for (;;) {
    const [code] = take(1);
    if (code === 0x2e) return pop();
    if (!(code in codes)) throw new Error(`it holds something other than arrays (code ${code})`);
    codes[code]();
  }
}

function long(bytes) {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  if (bytes.at(-1) & 0x80) value -= 1n << BigInt(8 * bytes.length);
  return Number(value);
}

function call(callee, given) {
  if (!(callee instanceof Name) || !Array.isArray(given)) throw new Error("it is damaged");
  switch (callee.name) {
    case "numpy.dtype":
      return new Type(String(given[0]));
    case ENCODE:
      return Uint8Array.from(String(given[0]), (character) => character.codePointAt(0));
    case ORDERED:
      return new Map();
    case RECONSTRUCT:
      return new Numbers([], null);
    case SCALAR:
      return decode([], given[0], given[1], false);
    case FROM_BUFFER:
      return decode(given[2], given[1], given[0], given[3] === "F");
    default:
      throw new Error(`it calls ${callee.name} in a way that no array needs`);
  }
}

function build(target, state) {
  if (target instanceof Type && Array.isArray(state)) target.little = state[1] !== ">";
  else if (target instanceof Numbers && Array.isArray(state)) {
    const [, shape, type, columns, data] = state;
    Object.assign(target, decode(shape, type, data, columns));
  } else throw new Error("it is damaged");
}

function decode(shape, type, bytes, columns) {
  if (!(type instanceof Type) || !(bytes instanceof Uint8Array) || !Array.isArray(shape))
    throw new Error("it is damaged");
  return decodeNumbers(shape, type.code, type.little, bytes, columns);
}

const READERS = {
  f8: "getFloat64",
  f4: "getFloat32",
  i8: "getBigInt64",
  i4: "getInt32",
  i2: "getInt16",
  i1: "getInt8",
};
Object.assign(READERS, { u8: "getBigUint64", u4: "getUint32", u2: "getUint16", u1: "getUint8" });

// The numbers of an array as numpy stores them. columns: column after column, as Fortran does.
export function decodeNumbers(shape, code, little, bytes, columns) {
  if (!(code in READERS)) throw new Error(`it holds values of type ${code}, not numbers`);
  const width = Number(code.slice(1));
  const size = shape.reduce((product, length) => product * length, 1);
  if (!(size * width === bytes.length)) throw new Error(`an array of shape (${shape}) has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stored = Array.from({ length: size }, (_, i) => Number(view[READERS[code]](i * width, little)));
  if (!columns || shape.length < 2) return new Numbers(shape, stored);
  const [rows, across] = shape;
  return new Numbers(
    shape,
    Array.from({ length: size }, (_, i) => stored[(i % across) * rows + Math.floor(i / across)]),
  );
}
