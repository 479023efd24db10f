// How numbers and elements are written.

const MINUS = "\u2212";

const inThousands = new Intl.NumberFormat("en", { maximumFractionDigits: 20 });

export const count = (value) => inThousands.format(value);

// Four significant digits, whole counts in full.
export function number(value) {
  if (value === 0) return "0";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return count(value).replace("-", MINUS);
  const size = Math.abs(value);
  const text = size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
  return text.replaceAll("-", MINUS).replace("e+", "e");
}

export const probability = (value) => (value > 0.9999 || value < 0.0001 ? number(value) : value.toFixed(4));
export const loss = (value) => value.toFixed(5);

// An element: tag "div.name", attributes, children. Text is always text, never markup.
export function element(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key in made && key !== "list") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.flat());
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export const byId = (id) => document.getElementById(id);
