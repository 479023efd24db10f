// The lines on which a function on a square grid has a value: marching squares.

// values: (nodes × nodes), row after row. Returns the lines as lists of points [x, y], in units of cells. Pieces are
// joined, so that a line can be dashed.
export function contour(values, nodes, level) {
  const points = new Map(); // edge of the grid -> where the line crosses it
  const neighbours = new Map(); // edge -> the edges that the line leads to, at most two
  const cross = (edge, x, y) => {
    points.set(edge, [x, y]);
    return edge;
  };
  const above = new Uint8Array(values.length);
  for (let at = 0; at < values.length; at++) above[at] = values[at] > level;
  for (let row = 0; row + 1 < nodes; row++) {
    for (let column = 0; column + 1 < nodes; column++) {
      const at = row * nodes + column;
      const corners = above[at] + above[at + 1] + above[at + nodes] + above[at + nodes + 1];
      if (corners === 0 || corners === 4) continue;
      const [a, b] = [values[at] - level, values[at + 1] - level];
      const [d, c] = [values[at + nodes] - level, values[at + nodes + 1] - level];
      // An edge has the number of the node where it begins, doubled; one more if it runs along the column. The order
      // is once around the cell.
      const edges = [];
      if (a > 0 !== b > 0) edges.push(cross(2 * at, column + a / (a - b), row));
      if (b > 0 !== c > 0) edges.push(cross(2 * at + 3, column + 1, row + b / (b - c)));
      if (d > 0 !== c > 0) edges.push(cross(2 * (at + nodes), column + d / (d - c), row + 1));
      if (a > 0 !== d > 0) edges.push(cross(2 * at + 1, column, row + a / (a - d)));
      // A saddle has four crossings. Its middle decides which two corners the lines keep apart.
      if (edges.length === 4 && a + b + c + d > 0 !== a > 0) edges.push(edges.shift());
      for (let i = 0; i < edges.length; i += 2) {
        link(neighbours, edges[i], edges[i + 1]);
        link(neighbours, edges[i + 1], edges[i]);
      }
    }
  }
  const lines = [];
  // From the ends first; what is left then are closed lines.
  const starts = [...neighbours.keys()].sort((one, other) => neighbours.get(one).length - neighbours.get(other).length);
  for (const start of starts) {
    const line = [];
    for (let edge = start; edge !== undefined;) {
      line.push(points.get(edge));
      const next = neighbours.get(edge).pop();
      if (next !== undefined) neighbours.set(next, without(neighbours.get(next), edge));
      edge = next;
    }
    if (line.length > 1) lines.push(line);
  }
  return lines;
}

function link(neighbours, from, to) {
  if (neighbours.has(from)) neighbours.get(from).push(to);
  else neighbours.set(from, [to]);
}

// One link back is taken away, and no more: two pieces of a line may share both their ends.
function without(edges, edge) {
  const at = edges.indexOf(edge);
  return edges.filter((_, i) => i !== at);
}
