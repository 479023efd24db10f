// What the page shows at the moment, and who draws which part of it.

export function makeStore(state) {
  const listeners = [];
  return {
    state,
    // Calls draw() whenever one of the named parts changes.
    on(parts, draw) {
      listeners.push([parts.split(" "), draw]);
    },
    set(changes) {
      Object.assign(state, changes);
      for (const [parts, draw] of listeners) if (parts.some((part) => part in changes)) draw();
    },
  };
}
