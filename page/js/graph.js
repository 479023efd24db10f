// The graph of Figure 1 with the numbers of one tweet: forward above, gradients back below, parameters beside.

import { byId, element, number } from "./format.js";
import { trace } from "./network.js";
import { product, symbol, symbolOf, valueOf } from "./values.js";

// Wires and blocks in turn, as in Figure 1; of a wire, the value and its gradient.
const CHAIN = [
  ["x", null],
  "W₁x + b₁",
  ["z1", "dz1"],
  "σ",
  ["h", "dh"],
  "W₂h + b₂",
  ["z2", "dz2"],
  "σ",
  ["yhat", "dyhat"],
  "L(ŷ, y)",
  ["L", null],
];
const VECTORS = { x: 3, y: 1, z1: 0, h: 0, dz1: 0, dh: 0 }; // how many elements; 0: one for each unit
const FEATURES = ["always 1", "the sum of the stems' positive counts", "the sum of the stems' negative counts"];

export function makeGraph(store, { values }) {
  const [chain, parameters, detail] = ["chain", "parameters", "detail"].map(byId);
  const area = byId("graph");
  let units = 0;
  let cells = new Map(); // reference -> its button
  let told = "z2"; // whose product is shown
  let traced;

  // ---- Build: when the number of units changes

  function build() {
    units = store.state.net.units;
    cells = new Map();
    chain.replaceChildren(...CHAIN.map((part) => (typeof part === "string" ? block(part) : wire(...part))));
    const tables = [
      ["Parameters", ""],
      ["Their gradients", "d"],
    ];
    parameters.replaceChildren(...tables.map(([title, prefix]) => table(title, prefix)));
    if (!cells.has(told)) told = "z2";
    cells.get(told).tabIndex = 0;
  }

  const block = (text) => element("div.block", {}, element("span", {}, text));

  function wire(name, gradient) {
    const forward = element("div.vector.forward", {}, references(name).map(cell));
    const back = element("div.vector.back", {}, gradient ? references(gradient).map(cell) : []);
    const head = element("div.head", {}, element("i", {}, symbolOf(name)));
    const foot = element("div.foot", {}, gradient ? element("i", {}, symbolOf(gradient)) : "");
    return element("div.wire", {}, head, forward, back, foot);
  }

  function references(name) {
    if (!(name in VECTORS)) return [name];
    return Array.from({ length: VECTORS[name] || units }, (_, i) => `${name}.${i}`);
  }

  function table(title, prefix) {
    const at = (name, ...index) => element("td", {}, cell([prefix + name, ...index].join(".")));
    const heads = ["1", "positive", "negative"].map((name) => element("th", { scope: "col" }, name));
    const symbolHead = (name, span) =>
      element(
        "th",
        { scope: span > 1 ? "colgroup" : "col", colSpan: span, rowSpan: span > 1 ? 1 : 2 },
        symbolOf(prefix + name),
      );
    const rows = Array.from({ length: units }, (_, i) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, `h[${i + 1}]`),
        [0, 1, 2].map((k) => at("W1", i, k)),
        at("b1", i),
        at("W2", i),
      ),
    );
    const last = [symbolOf(prefix + "b2"), element("td", { colSpan: 4 }), at("b2")];
    rows.push(element("tr", {}, element("th", { scope: "row" }, last[0]), last.slice(1)));
    return element(
      "table.numbers",
      {},
      element("caption", {}, title),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("td", { rowSpan: 2 }),
          symbolHead("W1", 3),
          ["b1", "W2"].map((name) => symbolHead(name, 1)),
        ),
        element("tr", {}, heads),
      ),
      element("tbody", {}, rows),
    );
  }

  function cell(reference) {
    const made = element("button.cell", { type: "button", tabIndex: -1 });
    made.dataset.reference = reference;
    cells.set(reference, made);
    return made;
  }

  // ---- Numbers

  function draw() {
    const { net, chosen } = store.state;
    if (net.units !== units) build();
    traced = trace(net, chosen.features, chosen.label);
    const largest = new Map(); // of each value, for the tints
    for (const reference of cells.keys()) {
      const [name] = reference.split(".");
      largest.set(name, Math.max(largest.get(name) ?? 0, Math.abs(valueOf(reference, traced, net))));
    }
    for (const [reference, button] of cells) {
      const value = valueOf(reference, traced, net);
      const text = number(value);
      if (button.textContent !== text) {
        button.textContent = text;
        button.setAttribute("aria-label", `${symbol(reference)} = ${text}`);
      }
      button.classList.toggle("below", value < 0);
      const share = (Math.abs(value) / (largest.get(reference.split(".")[0]) || 1)).toFixed(1);
      if (button.dataset.share !== share) button.style.setProperty("--share", (button.dataset.share = share));
    }
    tell(told);
  }

  // ---- What a value came from

  function tell(reference) {
    const { net } = store.state;
    const [name, , k] = reference.split(".");
    const { symbols, numbers, factors } = product(reference, traced, net);
    const { equation, line, code } = values[name] ?? {};
    const result = number(valueOf(reference, traced, net));
    const given = {
      x: `${symbol(reference)}: ${FEATURES[reference.split(".")[1]]}`,
      W1: `the weight of feature ${Number(k) + 1}`,
    }[name];
    const lines = symbols
      ? [`${symbol(reference)} = ${symbols}`, `= ${numbers}`, `= ${result}`]
      : [
          `${symbol(reference)} = ${result}`,
          given ?? "a parameter",
          name === "x" ? "" : "A step subtracts lr times its gradient.",
        ];
    detail.replaceChildren(
      ...lines.filter((text, at) => text && !(at === 2 && text === lines[1])).map((text) => element("p", {}, text)),
      element(
        "p.where",
        {},
        `equation (${equation}) of the report · assignment2.py, line ${line}: `,
        element("code", {}, code),
      ),
    );
    for (const button of area.querySelectorAll(".told, .factor")) button.classList.remove("told", "factor");
    cells.get(reference).classList.add("told");
    for (const factor of factors) cells.get(factor)?.classList.add("factor");
  }

  function choose(button) {
    cells.get(told).tabIndex = -1;
    told = button.dataset.reference;
    button.tabIndex = 0;
    tell(told);
  }

  const cellOf = (event) => event.target.closest(".cell");
  area.addEventListener("pointerover", (event) => cellOf(event) && tell(cellOf(event).dataset.reference));
  area.addEventListener("pointerleave", () => tell(told));
  area.addEventListener("focusin", (event) => cellOf(event) && choose(cellOf(event)));
  area.addEventListener("click", (event) => cellOf(event) && choose(cellOf(event)));

  // Arrow keys lead to the nearest value in their direction.
  const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  area.addEventListener("keydown", (event) => {
    const from = cellOf(event);
    if (!from || !(event.key in DIRECTIONS)) return;
    const [dx, dy] = DIRECTIONS[event.key];
    const middle = (button) => {
      const box = button.getBoundingClientRect();
      return [box.left + box.width / 2, box.top + box.height / 2];
    };
    const [x, y] = middle(from);
    let [nearest, least] = [null, Infinity];
    for (const button of cells.values()) {
      const [bx, by] = middle(button);
      const ahead = (bx - x) * dx + (by - y) * dy;
      const aside = Math.abs((bx - x) * dy) + Math.abs((by - y) * dx);
      if (ahead > 2 && ahead + 4 * aside < least) [nearest, least] = [button, ahead + 4 * aside];
    }
    nearest?.focus();
    event.preventDefault();
  });

  store.on("net chosen", draw);
  draw();
}
