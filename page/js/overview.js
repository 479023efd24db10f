// What is shown at the moment, in words: the network, the colour of the surface, the chosen tweet; and how to change them.

import { byId, count, element, loss, number, probability } from "./format.js";
import { logit, sigmoid } from "./network.js";

export function makeOverview(store, surface, { points, pointsAre }) {
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
      `${name}: ${pointsAre} loss ${loss(figures.loss)}, ` +
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
        ? `${pointsAre} tweet ${count(chosen.index + 1)}`
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
}
