// The plane of the two counts. Axes are linear up to about `unit`, logarithmic far out, and smooth in between: asinh.

export function makeAxis(highest, { unit, belowZero }) {
  const top = 1.6 * Math.max(highest, 100);
  const end = Math.asinh(top / unit);
  const ticks = [0];
  for (let power = 10; power < top; power *= 10) ticks.push(power);
  return {
    top,
    ticks: ticks.map((value) => [value, value >= 1000 ? `${value / 1000}k` : String(value)]),
    between: ticks
      .slice(1)
      .flatMap((tick) => [2, 3, 4, 5, 6, 7, 8, 9].map((digit) => digit * tick).filter((v) => v < top)),
    // The share of the axis, from 0 to 1, at which a count lies; and back.
    share: (value) => (Math.asinh(value / unit) - belowZero) / (end - belowZero),
    value: (share) => unit * Math.sinh(belowZero + share * (end - belowZero)),
  };
}
