// The values of the graph: their symbols, their numbers, and the products that they come from.
//
// A value is named by a reference: "z2", "h.4" (unit 5), "W1.4.2" (unit 5, feature 3); a d in front makes a gradient.

import { number } from "./format.js";

const SYMBOLS = {
  x: "x",
  y: "y",
  W1: "W₁",
  b1: "b₁",
  z1: "z₁",
  h: "h",
  W2: "W₂",
  b2: "b₂",
  z2: "z₂",
  yhat: "ŷ",
  L: "L",
};
const PARAMETERS = ["W1", "b1", "W2", "b2"];
const ROWS_OF_THREE = ["W1", "dW1"];

export const isGradient = (name) => name.startsWith("d");
export const symbolOf = (name) => (isGradient(name) ? `∂L/∂${SYMBOLS[name.slice(1)]}` : SYMBOLS[name]);

export function symbol(reference) {
  const [name, ...at] = reference.split(".");
  return symbolOf(name) + (at.length ? `[${at.map((index) => Number(index) + 1)}]` : "");
}

// traced: what `trace` returns for the chosen tweet and this network.
export function valueOf(reference, traced, net) {
  const [name, i, k] = reference.split(".");
  const values = PARAMETERS.includes(name) ? net[name] : traced[name];
  if (i === undefined) return values;
  return values[ROWS_OF_THREE.includes(name) ? 3 * i + Number(k) : i];
}

// Each product, with the references that it uses in braces; i is the unit, k the feature.
function productOf(name, i, k, units) {
  const sum = (term, n) => Array.from({ length: n }, (_, at) => term(at)).join(" + ");
  switch (name) {
    case "z1":
      return `${sum((at) => `{W1.${i}.${at}}·{x.${at}}`, 3)} + {b1.${i}}`;
    case "h":
      return `σ({z1.${i}})`;
    case "z2":
      return `${sum((at) => `{W2.${at}}·{h.${at}}`, units)} + {b2}`;
    case "yhat":
      return "σ({z2})";
    case "L":
      return "−({y}·ln {yhat} + (1 − {y})·ln(1 − {yhat}))";
    case "dyhat":
      return "({yhat} − {y}) / ({yhat}·(1 − {yhat}))";
    case "dz2":
      return "{dyhat}·{yhat}·(1 − {yhat}) = {yhat} − {y}";
    case "dW2":
      return `{dz2}·{h.${i}}`;
    case "db2":
      return "{dz2}";
    case "dh":
      return `{W2.${i}}·{dz2}`;
    case "dz1":
      return `{dh.${i}}·{h.${i}}·(1 − {h.${i}})`;
    case "dW1":
      return `{dz1.${i}}·{x.${k}}`;
    case "db1":
      return `{dz1.${i}}`;
    default:
      return ""; // a feature or a parameter is given
  }
}

// The product that a value came from: in symbols, in numbers, and the references of its factors.
export function product(reference, traced, net) {
  const [name, i, k] = reference.split(".");
  const template = productOf(name, i, k, net.units);
  const write = (how) => template.replace(/\{([^}]+)\}/g, (_, used) => how(used));
  const inNumbers = (used) => {
    const value = valueOf(used, traced, net);
    return value < 0 ? `(${number(value)})` : number(value);
  };
  return {
    symbols: write(symbol),
    numbers: write(inNumbers),
    factors: [...new Set([...template.matchAll(/\{([^}]+)\}/g)].map(([, used]) => used))],
  };
}
