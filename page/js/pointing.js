// Pointing at the surface: with a mouse, a finger or the arrow keys.

import { count, number, probability } from "./format.js";
import { logit, sigmoid } from "./network.js";

const REACH = 14; // how near to a tweet one has to point, in CSS pixels

// plane: the axis; the shares x and y of the tweets; left(share) and top(share) in CSS pixels; plot(), where it lies.
export function makePointing(overlay, tip, store, { axis, x, y, left, top, plot }, { points, pointsAre }) {
  // What is at a place of the canvas, in CSS pixels: the nearest tweet, or if none is near the place itself.
  function lookUp(px, py) {
    let [nearest, least] = [-1, REACH * REACH];
    for (let n = 0; n < x.length; n++) {
      const distance = (left(x[n]) - px) ** 2 + (top(y[n]) - py) ** 2;
      if (distance < least) [nearest, least] = [n, distance];
    }
    if (nearest >= 0) return tweetAt(nearest);
    const whole = (share) => Math.max(0, Math.round(axis.value(Math.min(1, share))));
    const place = [1, whole((px - plot().left) / plot().width), whole(1 - (py - plot().top) / plot().height)];
    return { features: place, label: Number(logit(store.state.net, place[1], place[2]) > 0), index: null };
  }

  function tweetAt(n) {
    return { features: [1, points.positive[n], points.negative[n]], label: points.label[n], index: n };
  }

  function describe({ features, label, index }) {
    const yhat = sigmoid(logit(store.state.net, features[1], features[2]));
    const says = yhat > 0.5 ? "positive" : "negative";
    const counts = `positive ${number(features[1])}, negative ${number(features[2])}`;
    const answer = `ŷ ${probability(yhat)}`;
    if (index === null) return ["no tweet here", counts, `${answer}: ${says}`];
    const truth = label ? "positive" : "negative";
    return [
      `${pointsAre} tweet ${count(index + 1)}`,
      counts,
      `${answer}, truly ${truth}${says === truth ? "" : ": wrong"}`,
    ];
  }

  const inside = (px, py) =>
    px >= plot().left - 4 &&
    px <= plot().left + plot().width + 4 &&
    py >= plot().top - 4 &&
    py <= plot().top + plot().height + 4;

  function show(found, px, py) {
    const [head, ...lines] = describe(found);
    tip.replaceChildren(
      Object.assign(document.createElement("b"), { textContent: head }),
      ...lines.flatMap((l) => ["\n", l]),
    );
    tip.hidden = false;
    const { offsetWidth, offsetHeight } = tip;
    tip.style.left = `${Math.max(0, Math.min(px + 14, plot().size - offsetWidth))}px`;
    tip.style.top = `${py + 18 + offsetHeight > plot().size ? py - offsetHeight - 12 : py + 18}px`;
    return describe(found).join(", ");
  }

  const pointed = (event) => {
    const box = overlay.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  overlay.addEventListener("pointermove", (event) => {
    const place = pointed(event);
    if (!inside(...place)) return (tip.hidden = true);
    const found = lookUp(...place);
    show(found, ...place);
  });
  overlay.addEventListener("pointerleave", () => (tip.hidden = true));
  overlay.addEventListener("click", (event) => {
    const place = pointed(event);
    if (inside(...place)) store.set({ chosen: lookUp(...place), cursor: null });
  });

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  overlay.addEventListener("keydown", (event) => {
    const [, positive, negative] = store.state.chosen.features;
    const cursor = store.state.cursor ?? { x: axis.share(positive), y: axis.share(negative) };
    if (event.key in MOVES) {
      const far = event.shiftKey ? 0.1 : 0.02;
      const [dx, dy] = MOVES[event.key];
      const within = (share) => Math.max(0, Math.min(1, share));
      const next = { x: within(cursor.x + far * dx), y: within(cursor.y + far * dy) };
      store.set({ cursor: next });
      const place = [left(next.x), top(next.y)];
      store.set({ spoken: show(lookUp(...place), ...place) });
    } else if (event.key === "Enter" || event.key === " ") {
      store.set({ chosen: lookUp(left(cursor.x), top(cursor.y)), cursor: null });
    } else if (event.key === "Escape") {
      store.set({ cursor: null });
      tip.hidden = true;
    } else return;
    event.preventDefault();
  });
  overlay.addEventListener("blur", () => {
    store.set({ cursor: null });
    tip.hidden = true;
  });

  return { tweetAt };
}
