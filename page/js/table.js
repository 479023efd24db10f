// The tweets of the surface as a table, a page at a time.

import { byId, count, element, probability } from "./format.js";

const ROWS = 12;

export function makeTable(store, surface, { points }) {
  const [body, filter, where, back, on] = ["tweets", "filter", "where", "back", "on"].map(byId);
  let first = 0;

  function places() {
    const { yhats, othersYhats } = store.state;
    const tests = {
      wrong: (n) => yhats[n] > 0.5 !== (points.label[n] === 1),
      different: (n) => othersYhats && yhats[n] > 0.5 !== othersYhats[n] > 0.5,
      unsure: (n) => yhats[n] > 0.1 && yhats[n] < 0.9,
      all: () => true,
    };
    return points.label.flatMap((_, n) => (tests[filter.value](n) ? [n] : []));
  }

  function draw() {
    const found = places();
    if (first >= found.length) first = 0;
    const { yhats, chosen } = store.state;
    body.replaceChildren(
      ...found.slice(first, first + ROWS).map((n) => {
        const pressed = String(chosen.index === n);
        const button = element("button", { type: "button", ariaPressed: pressed }, count(n + 1));
        button.setAttribute("aria-label", `Choose tweet ${count(n + 1)}`);
        button.addEventListener("click", () => {
          store.set({ chosen: surface.tweetAt(n) });
          body.querySelector('[aria-pressed="true"]')?.focus();
        });
        const truth = points.label[n] === 1;
        const right = yhats[n] > 0.5 === truth;
        return element(
          "tr",
          {},
          element("th.choose", { scope: "row" }, button),
          element("td.number", {}, count(points.positive[n])),
          element("td.number", {}, count(points.negative[n])),
          element("td", {}, truth ? "positive" : "negative"),
          element("td.number", {}, probability(yhats[n])),
          element("td", {}, right ? "right" : element("b", {}, "wrong")),
        );
      }),
    );
    const last = Math.min(first + ROWS, found.length);
    where.textContent = found.length ? `${count(first + 1)} to ${count(last)} of ${count(found.length)}` : "none";
    back.disabled = first === 0;
    on.disabled = last === found.length;
  }

  const turn = (by) => () => {
    first = Math.max(0, first + by);
    draw();
  };
  back.addEventListener("click", turn(-ROWS));
  on.addEventListener("click", turn(ROWS));
  filter.addEventListener("input", turn(-Infinity));
  store.on("yhats othersYhats chosen", draw);
  draw();
}
