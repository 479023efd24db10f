// Unpacks the data, and puts the parts of the page together. `window.network` is for tests and for the curious.

import { byId, count, element, loss, number, probability } from "./format.js";
import { makeGraph } from "./graph.js";
import { gradients, logit, makeNetwork, measure, scales, sigmoid, trace } from "./network.js";
import { makeNetworks } from "./networks.js";
import { makeStepping } from "./stepping.js";
import { makeStore } from "./store.js";
import { makeSurface } from "./surface.js";
import { makeTable } from "./table.js";
import { makeTimeline } from "./timeline.js";
import { makeTweet } from "./tweet.js";
import { makeReader } from "./tweets.js";
import { unpack } from "./unpack.js";

const data = await unpack(byId("data").textContent);
const { points, training, run } = data;
const network = ({ W1, b1, W2, b2 }) => makeNetwork(W1.flat(), b1.flat(), W2.flat(), [b2].flat(2)[0]);
const trained = network(run.parameters);
const checkpoints = run.checkpoints.step.map((step, at) => {
  const parameters = ["W1", "b1", "W2", "b2"].map((name) => [name, run.checkpoints[name][at]]);
  return { step, net: network(Object.fromEntries(parameters)) };
});
const counts = new Map(
  data.stems.flatMap(([positive, negative, ...stems]) => stems.map((stem) => [stem, [positive, negative]])),
);
const reader = makeReader(new Set(data.stopWords), new Map(Object.entries(data.entities)));
const scale = scales(training);

const answers = (net) =>
  Float64Array.from(points.label, (_, n) => sigmoid(logit(net, points.positive[n], points.negative[n])));
const wrongness = (yhats) => points.label.map((label, n) => Math.abs(yhats[n] - label));
const yhats = answers(trained);
const errors = wrongness(yhats);
const worst = errors.indexOf(Math.max(...errors));

const store = makeStore({
  net: trained,
  name: "trained",
  origin: "trained", // the name of the network that the reader's steps began with
  taken: 0, // how many these are
  at: checkpoints.length, // the place in the training; null if it is none
  end: checkpoints.length,
  ghost: null, // the network before the last steps
  compare: null,
  othersYhats: null,
  yhats,
  figures: measure(trained, points),
  unit: null,
  chosen: { features: [1, points.positive[worst], points.negative[worst]], label: points.label[worst], index: worst },
  mine: null,
  cursor: null,
  spoken: "",
});

function show(net, facts) {
  const unit = store.state.unit >= net.units ? null : store.state.unit;
  store.set({ net, unit, yhats: answers(net), figures: measure(net, points), ...facts });
}

const surface = makeSurface(byId("surface"), store, data);
makeGraph(store, data);
makeTimeline(store, show, { checkpoints, trained, curve: run.curve });
makeStepping(store, show, { ...data, scale, trained });
makeTweet(store, reader, counts, data.examples);
makeNetworks(store, show, surface, { ...data, trained });
makeTable(store, surface, data);

// ---- What is shown, and which tweet is chosen

function drawViews() {
  const { net, unit } = store.state;
  const option = (value, text) => {
    const input = element("input", { type: "radio", name: "view", value, checked: String(unit) === value });
    input.addEventListener("change", () => store.set({ unit: value === "null" ? null : Number(value) }));
    return element("label", {}, input, element("span", {}, text));
  };
  const units = Array.from({ length: net.units }, (_, i) => option(String(i), `h[${i + 1}]`));
  byId("views").replaceChildren(option("null", "ŷ"), ...units);
}

function drawStatus() {
  const { figures, name, unit, net } = store.state;
  byId("status").textContent =
    `${name}: ${data.pointsAre} loss ${loss(figures.loss)}, ` +
    `${count(figures.right)} of ${count(points.label.length)} tweets right`;
  byId("unit").textContent =
    unit === null
      ? "The colour is ŷ; the thin lines are 0.1 and 0.9."
      : `h[${unit + 1}] is on, near 1, on the tinted side of its dashed line. There it votes ` +
        `${net.W2[unit] > 0 ? "positive" : "negative"}, with the weight ${number(net.W2[unit])}.`;
}

function drawChosen() {
  const { chosen, net } = store.state;
  const yhat = sigmoid(logit(net, chosen.features[1], chosen.features[2]));
  const name =
    chosen.index !== null
      ? `${data.pointsAre} tweet ${count(chosen.index + 1)}`
      : chosen.text
        ? "your tweet"
        : "a place on the surface";
  const truth = chosen.index === null ? "" : `, truly ${points.label[chosen.index] ? "positive" : "negative"}`;
  byId("chosen").textContent =
    `${name}${truth}: positive ${count(chosen.features[1])}, negative ${count(chosen.features[2])}, ŷ ${probability(yhat)}`;
  byId(chosen.label ? "y1" : "y0").checked = true;
}

for (const label of [0, 1]) {
  byId(`y${label}`).addEventListener("change", () => store.set({ chosen: { ...store.state.chosen, label } }));
}

// The next or the last wrong tweet after the chosen one.
function leaf(direction) {
  const { chosen, yhats } = store.state;
  const wrong = points.label.flatMap((label, n) => (yhats[n] > 0.5 !== (label === 1) ? [n] : []));
  if (!wrong.length) return;
  const from = chosen.index ?? -1;
  const ahead = direction > 0 ? wrong.find((n) => n > from) : wrong.findLast((n) => n < from);
  store.set({ chosen: surface.tweetAt(ahead ?? wrong.at(direction > 0 ? 0 : -1)) });
}
byId("next").addEventListener("click", () => leaf(1));
byId("previous").addEventListener("click", () => leaf(-1));

store.on("net unit", drawViewsIfNew);
store.on("net unit name figures", drawStatus);
store.on("net chosen", drawChosen);
store.on("spoken", () => (byId("spoken").textContent = store.state.spoken));

// The radio buttons stay as they are while the number of units does, so that the focus is not lost.
function drawViewsIfNew() {
  const { net, unit } = store.state;
  const inputs = byId("views").querySelectorAll("input");
  if (inputs.length !== net.units + 1) return drawViews();
  for (const input of inputs) input.checked = input.value === String(unit);
}

drawViews();
drawStatus();
drawChosen();

// ---- For tests and for the curious

const listed = (features) => (Array.isArray(features[0]) ? features : [features]);

window.network = {
  // [1, positive, negative] -> ŷ; a list of them -> a list.
  forward(features) {
    const found = listed(features).map((row) => trace(store.state.net, row, 1).yhat);
    return Array.isArray(features[0]) ? found : found[0];
  },
  // The mean loss of one tweet or a list, and its gradients, in the shapes of numpy's.
  gradients(features, y) {
    const rows = listed(features);
    const batch = { positive: rows.map((row) => row[1]), negative: rows.map((row) => row[2]), label: [y].flat() };
    const { dW1, db1, dW2, db2, L } = gradients(store.state.net, batch);
    const inThrees = Array.from({ length: db1.length }, (_, i) => [...dW1.subarray(3 * i, 3 * i + 3)]);
    return { dW1: inThrees, dW2: [[...dW2]], db1: [...db1], db2: [db2], L };
  },
  tokens: reader.stems,
};
document.documentElement.dataset.ready = "";
