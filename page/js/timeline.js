// Back and forth through the training, along the checkpoints of the run.

import { byId, count } from "./format.js";
import { drawCurves } from "./curves.js";

const PAUSE = 140; // between two checkpoints while playing, ms
const CALM_PAUSE = 700; // for those who asked for little motion

export function makeTimeline(store, show, { checkpoints, trained, curve }) {
  const [slider, output, play] = ["time", "when", "play"].map(byId);
  const end = checkpoints.length; // the place after the last checkpoint: the parameters that were kept
  let moveMark = () => {}; // until the curves are drawn, as soon as their width is known
  slider.max = end;
  let playing = 0;

  function go(at) {
    if (at === end) show(trained, { name: "trained", origin: "trained", at, ghost: null, taken: 0 });
    else {
      const name = `step ${count(checkpoints[at].step)}`;
      show(checkpoints[at].net, { name, origin: name, at, ghost: null, taken: 0 });
    }
  }

  function draw() {
    const { at, name } = store.state;
    if (at !== null) slider.value = at;
    output.textContent = name;
    slider.setAttribute("aria-valuetext", name);
    moveMark(at === null ? null : checkpoints[Math.min(at, end - 1)].step);
  }

  function stop() {
    clearInterval(playing);
    playing = 0;
    play.textContent = "Play";
  }

  play.addEventListener("click", () => {
    if (playing) return stop();
    play.textContent = "Pause";
    go(Number(slider.value) === end ? 0 : Number(slider.value));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    playing = setInterval(
      () => {
        const next = (store.state.at ?? end) + 1;
        if (next > end) return stop();
        go(next);
        if (next === end) stop();
      },
      calm ? CALM_PAUSE : PAUSE,
    );
  });
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  store.on("at name", draw);
  new ResizeObserver(() => {
    moveMark = drawCurves(byId("curves"), curve);
    draw();
  }).observe(byId("curves"));
}
