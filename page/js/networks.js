// The networks that the page knows: the trained one, those kept, and those from the reader's files. One is shown, and
// another can be compared with it.

import { byId, count, element, loss } from "./format.js";
import { logit, measure, sigmoid } from "./network.js";
import { writeNpz } from "./npz.js";
import { readNetwork } from "./parameters.js";

export function makeNetworks(store, show, surface, { points, pointsAre, trained }) {
  const known = [{ name: "trained", net: trained, figures: store.state.figures }];
  const [body, message] = ["networks", "message"].map(byId);
  const total = points.label.length;

  function draw() {
    const { net, name, figures, compare } = store.state;
    const shown = known.find((each) => each.net === net);
    const rows = shown ? known : [...known, { name, net, figures, passing: true }];
    body.replaceChildren(...rows.map((each) => row(each, each.net === net)));
    if (!compare) byId("difference").textContent = "";
    else {
      const { yhats, othersYhats } = store.state;
      const differ = yhats.reduce((sum, yhat, n) => sum + (yhat > 0.5 !== othersYhats[n] > 0.5), 0);
      byId("difference").textContent =
        `“${name}” and “${compare.name}” answer ${count(differ)} of ${count(total)} ${pointsAre} tweets differently. ` +
        "The dashed line is the boundary of the second; diamonds mark those tweets.";
    }
  }

  function row(each, isShown) {
    const pressed = (text, on, act) => {
      const button = element("button", { type: "button", ariaPressed: String(on) }, text);
      button.addEventListener("click", act);
      return button;
    };
    const compared = store.state.compare?.net === each.net;
    const actions = each.passing
      ? [pressed("Keep", false, () => keep(each))]
      : [
          pressed("Show", isShown, () => show(each.net, facts(each))),
          pressed("Compare", compared, () => compare(compared ? null : each)),
        ];
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, each.name),
      element("td.number", {}, loss(each.figures.loss)),
      element("td.number", {}, each.figures.accuracy.toFixed(4)),
      element("td.actions", {}, actions),
    );
  }

  const facts = ({ name, net, at }) => ({
    name,
    origin: name,
    at: net === trained ? store.state.end : (at ?? null),
    ghost: null,
    taken: 0,
  });

  function keep({ name, net, figures }) {
    known.push({ name, net, figures, at: store.state.at });
    draw();
    message.textContent = `Kept “${name}”: it can be shown again, and compared.`;
  }

  function compare(other) {
    const othersYhats =
      other &&
      Float64Array.from(points.label, (_, n) => sigmoid(logit(other.net, points.positive[n], points.negative[n])));
    store.set({ compare: other, othersYhats });
  }

  async function open(files) {
    for (const file of files) {
      try {
        const net = await readNetwork(file);
        const each = { name: file.name, net, figures: measure(net, points) };
        known.push(each);
        message.textContent = `${file.name}: ${net.units} hidden units, shown now and compared with the trained network.`;
        compare(known[0]);
        show(net, facts(each));
      } catch (error) {
        message.textContent = error.message;
      }
    }
  }

  byId("file").addEventListener("change", (event) => {
    open([...event.target.files]);
    event.target.value = ""; // so that the same file can be opened again
  });
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("dropping"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    open([...event.dataTransfer.files]);
  });

  function save(blob, name) {
    const link = element("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    message.textContent = `Saved ${name}.`;
  }
  byId("save-picture").addEventListener("click", async () => save(await surface.picture(), "surface.png"));
  byId("save-parameters").addEventListener("click", () => {
    const { units, W1, b1, W2, b2 } = store.state.net;
    const arrays = { W1: [[units, 3], W1], b1: [[units], b1], W2: [[1, units], W2], b2: [[1], [b2]] };
    save(writeNpz(arrays), "parameters.npz");
  });

  store.on("net compare name", draw);
  draw();
}
