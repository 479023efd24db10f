// Unpacks the data, and puts the parts of the page together. `window.network` is for tests and for the curious.

import { byId } from "./format.js";
import { makeGraph } from "./graph.js";
import { gradients, logit, makeNetwork, measure, scales, sigmoid, trace } from "./network.js";
import { makeNetworks } from "./networks.js";
import { makeOverview } from "./overview.js";
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
makeOverview(store, surface, data);

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
