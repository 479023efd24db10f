// The network of assignment2.py: ŷ = σ(W2 σ(W1 x + b1) + b2), its loss, its gradients, and a step of gradient descent.
//
// net    { units, W1, b1, W2, b2 }: W1 is flat, row after row of three; b2 is a number
// batch  { positive, negative, label }: the two counts and the label of each tweet; the first feature is always 1

export function makeNetwork(W1, b1, W2, b2) {
  return {
    units: b1.length,
    W1: Float64Array.from(W1),
    b1: Float64Array.from(b1),
    W2: Float64Array.from(W2),
    b2,
  };
}

// e^-|z| lies in [0, 1], so nothing overflows, and small values keep their relative precision.
export function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z < 0 ? e : 1) / (1 + e);
}

export function bce(yhat, y) {
  return -(y * Math.log(Math.max(yhat, 2 ** -1022)) + (1 - y) * Math.log(Math.max(1 - yhat, 2 ** -54)));
}

export function hiddenInput(net, i, positive, negative) {
  return net.W1[3 * i] + net.W1[3 * i + 1] * positive + net.W1[3 * i + 2] * negative + net.b1[i];
}

// The logit z2, whose σ is ŷ.
export function logit(net, positive, negative) {
  let z2 = net.b2;
  for (let i = 0; i < net.units; i++) z2 += net.W2[i] * sigmoid(hiddenInput(net, i, positive, negative));
  return z2;
}

// Every value of one tweet, forward and back. Arrays have an element for each hidden unit, dW1 three.
export function trace(net, [x0, positive, negative], y) {
  const x = [x0, positive, negative];
  const units = [...net.b1.keys()];
  const z1 = units.map((i) => x.reduce((sum, value, k) => sum + net.W1[3 * i + k] * value, 0) + net.b1[i]);
  const h = z1.map(sigmoid);
  const z2 = h.reduce((sum, value, i) => sum + net.W2[i] * value, 0) + net.b2;
  const yhat = sigmoid(z2);
  const dz2 = yhat - y;
  const dh = units.map((i) => net.W2[i] * dz2);
  const dz1 = units.map((i) => dh[i] * h[i] * (1 - h[i]));
  return {
    x,
    y,
    z1,
    h,
    z2,
    yhat,
    L: bce(yhat, y),
    dyhat: y === 1 ? -1 / yhat : 1 / sigmoid(-z2), // (ŷ - y) / (ŷ (1 - ŷ)), without the cancellation in 1 - ŷ
    dz2,
    dW2: h.map((value) => dz2 * value),
    db2: dz2,
    dh,
    dz1,
    dW1: dz1.flatMap((delta) => x.map((value) => delta * value)),
    db1: dz1,
  };
}

// The mean loss of a batch and its gradients, each flat as its parameter is.
export function gradients(net, { positive, negative, label }) {
  const N = label.length;
  const [dW1, db1, dW2] = [new Float64Array(3 * net.units), new Float64Array(net.units), new Float64Array(net.units)];
  const h = new Float64Array(net.units);
  let [db2, L] = [0, 0];
  for (let n = 0; n < N; n++) {
    let z2 = net.b2;
    for (let i = 0; i < net.units; i++) {
      h[i] = sigmoid(hiddenInput(net, i, positive[n], negative[n]));
      z2 += net.W2[i] * h[i];
    }
    const yhat = sigmoid(z2);
    L += bce(yhat, label[n]) / N;
    const delta2 = (yhat - label[n]) / N;
    db2 += delta2;
    for (let i = 0; i < net.units; i++) {
      dW2[i] += delta2 * h[i];
      const delta1 = net.W2[i] * delta2 * h[i] * (1 - h[i]);
      db1[i] += delta1;
      dW1[3 * i] += delta1;
      dW1[3 * i + 1] += delta1 * positive[n];
      dW1[3 * i + 2] += delta1 * negative[n];
    }
  }
  return { dW1, db1, dW2, db2, L };
}

// One step, θ - lr ∂L/∂θ. Dividing the features by `scale`, as training does, multiplies W1 by it: a step there is a
// step of lr / scale² here.
export function step(net, batch, lr, scale) {
  const { dW1, db1, dW2, db2 } = gradients(net, batch);
  return makeNetwork(
    net.W1.map((value, at) => value - (lr / scale[at % 3] ** 2) * dW1[at]),
    net.b1.map((value, i) => value - lr * db1[i]),
    net.W2.map((value, i) => value - lr * dW2[i]),
    net.b2 - lr * db2,
  );
}

// The mean loss on a batch, and how many tweets are right. ŷ > 0.5 says positive.
export function measure(net, { positive, negative, label }) {
  let [loss, right] = [0, 0];
  for (let n = 0; n < label.length; n++) {
    const yhat = sigmoid(logit(net, positive[n], negative[n]));
    loss += bce(yhat, label[n]) / label.length;
    right += yhat > 0.5 === (label[n] === 1);
  }
  return { loss, right, accuracy: right / label.length };
}

// What training divides the features by: see `descend` in assignment2.py.
export function scales({ positive, negative }, stretch = 20) {
  const deviation = (values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  };
  return [1, ...[positive, negative].map((values) => deviation(values) / stretch || 1)];
}

// Weights of variance 1/fan-in for scaled features, biases 0: how training begins.
export function randomNetwork(units, scale, random) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return makeNetwork(
    Array.from({ length: 3 * units }, (_, at) => normal() / Math.sqrt(3) / scale[at % 3]),
    new Float64Array(units),
    Array.from({ length: units }, () => normal() / Math.sqrt(units)),
    0,
  );
}

// Random numbers in [0, 1) that are the same on every visit (mulberry32).
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
