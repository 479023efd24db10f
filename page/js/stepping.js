// Steps of gradient descent that the reader takes, and how to take them back.

import { byId, count, element, loss, number } from "./format.js";
import { gradients, measure, randomNetwork, randomNumbers, step } from "./network.js";

const TOO_LARGE = 1e100; // beyond it a sum of products may overflow

export function makeStepping(store, show, { points, pointsAre, training, scale, trained }) {
  const random = randomNumbers(1);
  const past = []; // what undo goes back to
  const everything = training.label.length;
  for (const option of byId("batch").options) if (option.value > everything) option.disabled = true;
  byId("batch").append(element("option", { value: everything }, `all ${count(everything)} training tweets`));

  function drawBatch() {
    const { chosen } = store.state;
    if (byId("batch").value === "chosen") {
      const [, positive, negative] = chosen.features;
      return { positive: [positive], negative: [negative], label: [chosen.label] };
    }
    const size = Number(byId("batch").value);
    if (size === everything) return training;
    const places = Array.from({ length: size }, () => Math.floor(random() * everything));
    return Object.fromEntries(Object.entries(training).map(([name, values]) => [name, places.map((at) => values[at])]));
  }

  function take(steps) {
    const lr = Number(byId("lr").value);
    if (!(lr > 0)) return say("The learning rate must be a positive number.");
    const before = store.state.net;
    const sizes = byId("scaled").checked ? scale : [1, 1, 1];
    let net = before;
    let batch;
    for (let n = 0; n < steps; n++) {
      batch = drawBatch();
      net = step(net, batch, lr, sizes);
    }
    if (![...net.W1, ...net.b1, ...net.W2, net.b2].every((value) => Math.abs(value) < TOO_LARGE)) {
      return say("The parameters would overflow: take a smaller learning rate.");
    }
    const taken = store.state.taken + steps;
    move(net, { name: `${store.state.origin} and ${count(taken)} step${taken > 1 ? "s" : ""} of yours`, taken });
    report(before, net, batch, steps);
  }

  function move(net, facts) {
    const { name, at, taken, origin } = store.state;
    past.push({ net: store.state.net, name, at, taken, origin });
    byId("undo").disabled = false;
    show(net, { ghost: store.state.net, at: null, ...facts });
  }

  byId("undo").addEventListener("click", () => {
    const { net, ...facts } = past.pop();
    byId("undo").disabled = past.length === 0;
    say("Taken back.");
    show(net, { ...facts, ghost: null });
  });
  byId("step").addEventListener("click", () => take(1));
  byId("steps").addEventListener("click", () => take(100));
  byId("random").addEventListener("click", () => {
    const net = randomNetwork(store.state.net.units, scale, random);
    move(net, { name: "random weights", origin: "random weights", taken: 0 });
    say("Every weight is random now. Take 100 steps, a few times.");
  });
  byId("trained").addEventListener("click", () => {
    move(trained, { name: "trained", origin: "trained", at: store.state.end, taken: 0 });
    say("These are the parameters of the training again.");
  });

  const say = (sentence) => byId("moved").replaceChildren(element("p", {}, sentence));

  // What the steps did: to the loss, and to each parameter.
  function report(before, after, batch, steps) {
    const { L, ...slopes } = gradients(before, batch);
    const losses = [
      [steps > 1 ? "the last batch" : "the batch", L, gradients(after, batch).L],
      ["all training tweets", ...[before, after].map((net) => measure(net, training).loss)],
      [`the ${pointsAre} tweets`, ...[before, after].map((net) => measure(net, points).loss)],
    ];
    const list = (value) => (typeof value === "number" ? [value] : [...value]);
    const size = (values) => Math.hypot(...values);
    const moves = ["W1", "b1", "W2", "b2"].map((name) => {
      const [from, to, slope] = [before[name], after[name], slopes[`d${name}`]].map(list);
      return [name.replace(/\d/, (digit) => "₀₁₂"[digit]), size(slope), size(to.map((value, at) => value - from[at]))];
    });
    byId("moved").replaceChildren(
      table(["loss on", "before", "after"], losses, loss),
      table(["parameter", "size of its gradient", "how far it moved"], moves, number),
    );
  }
}

function table(heads, rows, write) {
  const head = element(
    "tr",
    {},
    heads.map((text, at) => element(at ? "th.number" : "th", { scope: "col" }, text)),
  );
  const body = rows.map(([name, ...values]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      values.map((value) => element("td.number", {}, write(value))),
    ),
  );
  return element("table", {}, element("thead", {}, head), element("tbody", {}, body));
}
