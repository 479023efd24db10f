// The loss while training, on logarithmic axes, with a line at the step that is shown.

import { count, svg } from "./format.js";

const HEIGHT = 132;
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 10, 10, 26];

export function drawCurves(container, curve) {
  const width = Math.max(container.clientWidth, 200);
  const losses = [...curve.train, ...(curve.eval ?? [])].filter((loss) => loss > 0);
  const [low, high] = [Math.min(...losses) / 1.15, Math.max(...losses) * 1.15];
  const last = Math.max(curve.step.at(-1), 2);
  const x = (step) => LEFT + (Math.log(step) / Math.log(last)) * (width - LEFT - RIGHT);
  const y = (loss) => TOP + (Math.log(high / Math.max(loss, low)) / Math.log(high / low)) * (HEIGHT - TOP - BOTTOM);
  const path = (values) =>
    values.map((loss, at) => `${at ? "L" : "M"}${x(curve.step[at]).toFixed(1)} ${y(loss).toFixed(1)}`);
  const label = `Loss while training, ${count(last)} steps: training ${curve.train[0].toPrecision(2)} to ${curve.train
    .at(-1)
    .toPrecision(
      3,
    )}${curve.eval ? `, test ${curve.eval[0].toPrecision(2)} to ${curve.eval.at(-1).toPrecision(3)}` : ""}`;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label });

  for (const [loss, name] of ticks(low, high)) {
    picture.append(
      svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(loss), y2: y(loss) }),
      text(LEFT - 6, y(loss) + 4, "end", name),
    );
  }
  for (let step = 1; step <= last; step *= 10) {
    const name = step >= 1e6 ? `${step / 1e6}M` : step >= 1000 ? `${step / 1000}k` : String(step);
    picture.append(
      svg("line", { class: "grid", x1: x(step), x2: x(step), y1: TOP, y2: HEIGHT - BOTTOM }),
      text(x(step), HEIGHT - 8, step * 1.5 > last ? "end" : "middle", name),
    );
  }
  if (curve.eval) picture.append(svg("path", { class: "curve evaluation", d: path(curve.eval).join("") }));
  picture.append(svg("path", { class: "curve training", d: path(curve.train).join("") }));
  const mark = svg("line", { class: "mark", y1: TOP - 4, y2: HEIGHT - BOTTOM });
  picture.append(mark);
  container.replaceChildren(picture);

  // Moves the line to a step; null hides it.
  return (step) => {
    mark.style.display = step === null ? "none" : "";
    if (step !== null) for (const end of ["x1", "x2"]) mark.setAttribute(end, x(step));
  };
}

const text = (x, y, anchor, content) => svg("text", { x, y, "text-anchor": anchor }, content);

// 1, 2 and 5 of each power of ten; the powers alone if that would be more than six.
function ticks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const digit of [1, 2, 5]) found.push([digit * 10 ** power, digit]);
  }
  const within = found.filter(([loss]) => loss >= low && loss <= high);
  const kept = within.length > 6 ? within.filter(([, digit]) => digit === 1) : within;
  return kept.map(([loss]) => [loss, String(Number(loss.toPrecision(1)))]);
}
