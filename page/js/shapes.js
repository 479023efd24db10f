// What is drawn on a canvas: marks, arrows, and colours between two.

export function drawCircle(context, x, y, r) {
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.stroke();
}

export function drawCross(context, x, y, r) {
  context.beginPath();
  context.moveTo(x - r, y - r);
  context.lineTo(x + r, y + r);
  context.moveTo(x - r, y + r);
  context.lineTo(x + r, y - r);
  context.stroke();
}

export function ring(context, x, y, r, width, colour) {
  context.lineWidth = width;
  context.strokeStyle = colour;
  drawCircle(context, x, y, r);
}

export function diamond(context, x, y, r) {
  context.moveTo(x, y - r);
  context.lineTo(x + r, y);
  context.lineTo(x, y + r);
  context.lineTo(x - r, y);
  context.closePath();
}

export function drawArrow(context, x1, y1, x2, y2) {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const [tx, ty] = [x2 - 4 * Math.cos(angle), y2 - 4 * Math.sin(angle)];
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(tx, ty);
  context.stroke();
  context.beginPath();
  context.moveTo(x2, y2);
  for (const turn of [0.4, -0.4]) context.lineTo(x2 - 11 * Math.cos(angle + turn), y2 - 11 * Math.sin(angle + turn));
  context.fill();
}

// ---- Colours

export const mix = (from, to, share) => Math.round(from + (to - from) * share);
export const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
