// The decision surface: tweets in the plane of their two counts, over the network's ŷ or over one hidden unit.
//
// Two canvases lie on one another. The lower one holds what changes with the network, the upper one what changes with
// the pointer, so that pointing at a tweet redraws little.

import { makeAxis } from "./axes.js";
import { contour } from "./contour.js";
import { count } from "./format.js";
import { hiddenInput, logit, sigmoid } from "./network.js";
import { makePointing } from "./pointing.js";
import { diamond, drawArrow, drawCircle, drawCross, mix, rgb, ring } from "./shapes.js";

const NODES = 97; // of the grid on which the network is evaluated, in each direction
const FINE_LINES = Math.log(9); // the logit of ŷ = 0.9; that of 0.1 is its negative

export function makeSurface(wrapper, store, { points, stripes, axes, pointsAre }) {
  const [base, overlay] = wrapper.querySelectorAll("canvas");
  const total = points.label.length;
  const highest = Math.max(...points.positive, ...points.negative);
  const axis = makeAxis(highest, axes);
  const shares = Array.from({ length: NODES }, (_, i) => i / (NODES - 1));
  const along = shares.map(axis.value);
  const x = Float64Array.from(points.positive, axis.share);
  const y = Float64Array.from(points.negative, axis.share);
  const small = new OffscreenCanvas(NODES, NODES);
  const image = new ImageData(NODES, NODES);
  let plot, colours, tints, tintedUnit;
  let dots = base; // the tweets, drawn once for a size and its colours

  // ---- Sizes and colours

  function layout() {
    const { width } = wrapper.getBoundingClientRect();
    const ratio = Math.max(1, devicePixelRatio);
    if (width === 0 || (plot?.size === width && plot.ratio === ratio)) return; // 0: in a window that is not shown
    for (const canvas of [base, overlay]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(width * ratio);
    }
    const narrow = width < 480;
    const [left, right, top, bottom] = narrow ? [34, 54, 48, 38] : [40, 66, 54, 42];
    plot = { left, top, width: width - left - right, height: width - top - bottom, ratio, size: width };
    repaint();
  }

  function repaint() {
    const style = getComputedStyle(wrapper);
    const names = ["ink", "quiet", "rule", "paper", "positive", "negative", "chosen", "other"];
    colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    tints = ["negative", "middle", "positive"].map((name) => rgb(style.getPropertyValue(`--field-${name}`).trim()));
    tintedUnit = undefined;
    drawDots();
    draw();
  }

  const left = (share) => plot.left + share * plot.width;
  const top = (share) => plot.top + (1 - share) * plot.height;

  function begin(canvas) {
    const context = canvas.getContext("2d");
    context.setTransform(plot.ratio, 0, 0, plot.ratio, 0, 0);
    context.clearRect(0, 0, plot.size, plot.size);
    return context;
  }

  // ---- The lower canvas

  // f at every node of the grid, from the bottom row up.
  function grid(f) {
    const values = new Float64Array(NODES * NODES);
    let at = 0;
    for (const negative of along) for (const positive of along) values[at++] = f(positive, negative);
    return values;
  }

  function draw() {
    if (!plot) return;
    const { net, compare, ghost, unit } = store.state;
    const context = begin(base);
    const logits = grid((positive, negative) => logit(net, positive, negative));
    const field = unit === null ? logits : grid((positive, negative) => hiddenInput(net, unit, positive, negative));
    drawField(context, field, unit === null ? 0 : Math.sign(net.W2[unit]));
    drawGrid(context);
    context.save();
    context.beginPath();
    context.rect(plot.left, plot.top, plot.width, plot.height);
    context.clip();
    drawStripes(context);
    context.drawImage(dots, 0, 0, plot.size, plot.size);
    if (unit !== null) drawLine(context, field, 0, 1.6, colours.quiet, [7, 4]);
    const fine = unit === null ? [FINE_LINES, -FINE_LINES] : [];
    for (const level of fine) drawLine(context, logits, level, 0.8, colours.ink, []);
    const other = compare?.net ?? ghost;
    if (other) {
      const theirs = grid((positive, negative) => logit(other, positive, negative));
      drawLine(context, theirs, 0, 2.2, colours.other, [8, 5]);
    }
    drawLine(context, logits, 0, 2.4, colours.ink, []);
    drawMarks(context);
    context.restore();
    context.font = `${plot.size < 480 ? 11 : 12.5}px system-ui, sans-serif`;
    nameStripes(context);
    drawAxes(context);
    drawOverlay();
  }

  // Tints between the colours of negative and positive: by ŷ, or by h for a unit that votes with `direction`.
  function drawField(context, values, direction) {
    if (tintedUnit !== direction) {
      tintedUnit = direction;
      const [negative, middle, positive] = tints;
      const ends = { 0: [negative, positive], 1: [middle, positive], [-1]: [middle, negative] }[direction];
      for (let i = 0; i < 256; i++) {
        const share = i / 255;
        const between = direction === 0 ? Math.abs(2 * share - 1) : share;
        const [from, to] = direction === 0 ? [middle, share < 0.5 ? ends[0] : ends[1]] : ends;
        tint[i] = 0xff000000 | (mix(from[2], to[2], between) << 16) | (mix(from[1], to[1], between) << 8);
        tint[i] |= mix(from[0], to[0], between);
      }
    }
    const pixels = new Uint32Array(image.data.buffer);
    for (let row = 0; row < NODES; row++) {
      const upwards = (NODES - 1 - row) * NODES;
      for (let column = 0; column < NODES; column++) {
        pixels[row * NODES + column] = tint[Math.round(255 * sigmoid(values[upwards + column]))];
      }
    }
    small.getContext("2d").putImageData(image, 0, 0);
    // The nodes are at the middles of the pixels: half a pixel is left out all around.
    const inner = NODES - 1;
    context.drawImage(small, 0.5, 0.5, inner, inner, plot.left, plot.top, plot.width, plot.height);
  }
  const tint = new Uint32Array(256);

  function drawLine(context, values, level, width, colour, dash) {
    const [dx, dy] = [plot.width / (NODES - 1), plot.height / (NODES - 1)];
    const bottom = plot.top + plot.height;
    context.beginPath();
    for (const line of contour(values, NODES, level)) {
      for (const [at, [x, y]] of line.entries()) {
        context[at ? "lineTo" : "moveTo"](plot.left + x * dx, bottom - y * dy);
      }
    }
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.lineJoin = "round";
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
  }

  function drawGrid(context) {
    context.lineWidth = 1;
    context.strokeStyle = colours.rule;
    context.globalAlpha = 0.55;
    context.beginPath();
    for (const [value] of axis.ticks) {
      const share = axis.share(value);
      context.moveTo(left(share), top(0));
      context.lineTo(left(share), top(1));
      context.moveTo(left(0), top(share));
      context.lineTo(left(1), top(share));
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  function drawDots() {
    dots = new OffscreenCanvas(base.width, base.height);
    const context = dots.getContext("2d");
    context.scale(plot.ratio, plot.ratio);
    context.lineWidth = 1.1;
    for (const [label, shape] of [drawCross, drawCircle].entries()) {
      context.strokeStyle = colours[label ? "positive" : "negative"];
      for (let n = 0; n < total; n++) if (points.label[n] === label) shape(context, left(x[n]), top(y[n]), 2.7);
    }
  }

  // Squares around the wrong ones, diamonds around those that the other network answers differently.
  function drawMarks(context) {
    const { yhats, othersYhats } = store.state;
    context.lineWidth = 1.5;
    context.strokeStyle = colours.ink;
    context.beginPath();
    for (let n = 0; n < total; n++) {
      if (yhats[n] > 0.5 !== (points.label[n] === 1)) context.rect(left(x[n]) - 6.5, top(y[n]) - 6.5, 13, 13);
    }
    context.stroke();
    if (!othersYhats) return;
    context.strokeStyle = colours.other;
    context.beginPath();
    for (let n = 0; n < total; n++) {
      if (yhats[n] > 0.5 !== othersYhats[n] > 0.5) diamond(context, left(x[n]), top(y[n]), 11);
    }
    context.stroke();
  }

  function drawStripes(context) {
    context.lineWidth = 1;
    context.strokeStyle = colours.quiet;
    context.setLineDash([1.5, 3.5]);
    context.beginPath();
    for (const [, label, stemCount] of stripes) {
      const share = axis.share(stemCount);
      if (label === 1) {
        context.moveTo(left(share), top(0));
        context.lineTo(left(share), top(1));
      } else {
        context.moveTo(left(0), top(share));
        context.lineTo(left(1), top(share));
      }
    }
    context.stroke();
    context.setLineDash([]);
  }

  // The names stand outside, at the far ends; those of stripes that lie close together are stacked.
  function nameStripes(context) {
    context.fillStyle = colours.quiet;
    for (const side of [1, 0]) {
      const named = stripes.filter(([, label]) => label === side).sort((a, b) => a[2] - b[2]);
      const ends = []; // of the names in each line
      for (const [stem, , stemCount] of named) {
        const share = axis.share(stemCount);
        const text = `${stem} ${count(stemCount)}`;
        const half = side === 1 ? context.measureText(text).width / 2 : 7;
        const at = side === 1 ? left(share) : -top(share);
        let line = 0;
        while (ends[line] > at - half) line++;
        ends[line] = at + half + 6;
        context.textAlign = side === 1 ? "center" : "left";
        if (side === 1) context.fillText(text, Math.min(at, plot.size - half - 1), plot.top - 7 - 15 * line);
        else context.fillText(text, left(1) + 5, top(share) + 4 - 15 * line);
      }
    }
  }

  function drawAxes(context) {
    context.lineWidth = 1;
    context.strokeStyle = colours.quiet;
    context.strokeRect(plot.left, plot.top, plot.width, plot.height);
    context.beginPath();
    const tick = (value, length) => {
      const share = axis.share(value);
      context.moveTo(left(share), top(0));
      context.lineTo(left(share), top(0) + length);
      context.moveTo(left(0), top(share));
      context.lineTo(left(0) - length, top(share));
    };
    for (const [value] of axis.ticks) tick(value, 5);
    for (const value of axis.between) tick(value, 2.5);
    context.stroke();
    context.fillStyle = colours.ink;
    for (const [value, name] of axis.ticks) {
      context.textAlign = "center";
      context.fillText(name, left(axis.share(value)), top(0) + 18);
      context.textAlign = "right";
      context.fillText(name, left(0) - 8, top(axis.share(value)) + 4);
    }
    context.fillStyle = colours.quiet;
    context.fillText("sum of positive counts →", left(1), plot.size - 6);
    context.textAlign = "left";
    context.fillText("↑ sum of negative counts", 2, plot.top - 40);
  }

  // ---- The upper canvas

  function drawOverlay() {
    const context = begin(overlay);
    const { chosen, mine, cursor } = store.state;
    context.beginPath();
    context.rect(plot.left, plot.top, plot.width, plot.height);
    context.clip();
    const at = ([, positive, negative]) => [left(axis.share(positive)), top(axis.share(negative))];
    if (mine) {
      const [x1, y1] = at(mine.features);
      const [x2, y2] = at(mine.without);
      context.strokeStyle = context.fillStyle = colours.chosen;
      context.lineWidth = 2;
      if (Math.hypot(x2 - x1, y2 - y1) > 16) drawArrow(context, x1, y1, x2, y2);
      context.beginPath();
      diamond(context, x1, y1, 9);
      context.fill();
    }
    const [cx, cy] = at(chosen.features);
    context.strokeStyle = colours.chosen;
    context.lineWidth = 1;
    context.globalAlpha = 0.7;
    context.beginPath();
    context.moveTo(left(0), cy);
    context.lineTo(left(1), cy);
    context.moveTo(cx, top(0));
    context.lineTo(cx, top(1));
    context.stroke();
    context.globalAlpha = 1;
    if (!chosen.text) ring(context, cx, cy, 8, 3, colours.chosen);
    if (cursor) ring(context, left(cursor.x), top(cursor.y), 10, 2, colours.ink);
  }

  store.on("net compare ghost unit", draw);
  store.on("chosen mine cursor", drawOverlay);
  new ResizeObserver(layout).observe(wrapper);
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", repaint);
  layout();
  const tip = wrapper.querySelector(".tip");
  const { tweetAt } = makePointing(
    overlay,
    tip,
    store,
    { axis, x, y, left, top, plot: () => plot },
    { points, pointsAre },
  );

  return { tweetAt, picture };

  // Both canvases on the paper's colour, as a PNG.
  function picture() {
    const whole = new OffscreenCanvas(base.width, base.height);
    const context = whole.getContext("2d");
    context.fillStyle = colours.paper;
    context.fillRect(0, 0, base.width, base.height);
    context.drawImage(base, 0, 0);
    context.drawImage(overlay, 0, 0);
    return whole.convertToBlob();
  }
}
