// A tweet of the reader's own: its tokens, its stems, their counts and their pull; and the tweet without its emoticon.

import { byId, count, element, number, probability } from "./format.js";
import { logit, sigmoid } from "./network.js";
import { isEmoticon } from "./tweets.js";

export function makeTweet(store, reader, counts, examples) {
  const [box, tokens, words, sums] = ["tweet", "tokens", "words", "sums"].map(byId);
  byId("examples").append(
    ...examples.map((text) => {
      const button = element("button.example", { type: "button" }, text);
      button.addEventListener("click", () => {
        box.value = text;
        read(true);
      });
      return element("li", {}, button);
    }),
  );

  // The kept words, each with its two counts.
  const counted = (text) =>
    reader.read(text).map((word) => ({ ...word, counts: (word.stem !== null && counts.get(word.stem)) || [0, 0] }));
  const add = (list) => list.reduce((sum, word) => [1, sum[1] + word.counts[0], sum[2] + word.counts[1]], [1, 0, 0]);

  function read(chosen) {
    const list = counted(box.value);
    const features = add(list);
    const without = add(list.filter(({ token }) => !isEmoticon(token)));
    const mine = list.length ? { list, features, without } : null;
    const { net } = store.state;
    const label = Number(logit(net, features[1], features[2]) > 0);
    store.set(chosen && mine ? { mine, chosen: { features, label, index: null, text: box.value } } : { mine });
  }

  function draw() {
    const { mine, net } = store.state;
    const list = mine?.list ?? [];
    tokens.replaceChildren(
      ...list.map(({ token, why, stem }) =>
        element(
          why ? "li.dropped" : isEmoticon(token) ? "li.emoticon" : "li",
          {},
          element("span", {}, token),
          element("small", {}, why || (stem === token ? "" : `→ ${stem}`)),
        ),
      ),
    );
    const kept = list.filter(({ stem }) => stem !== null);
    const z2 = ([, positive, negative]) => logit(net, positive, negative);
    const all = z2(add(kept));
    const pulls = kept.map((word) => all - z2(add(kept.filter((other) => other !== word))));
    const strongest = Math.max(...pulls.map(Math.abs), 1e-9);
    words.replaceChildren(
      ...kept.map(({ stem, counts: [positive, negative] }, at) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, stem),
          element("td.number", {}, count(positive)),
          element("td.number", {}, count(negative)),
          element("td.number", {}, number(pulls[at])),
          element("td.pull", { ariaHidden: "true" }, bar(pulls[at] / strongest)),
        ),
      ),
    );
    byId("nowords").hidden = kept.length > 0;
    const rows = [["with all its words", mine?.features ?? [1, 0, 0]]];
    if (list.some(({ token }) => isEmoticon(token))) rows.push(["without its emoticons", mine.without]);
    sums.replaceChildren(
      ...rows.map(([name, features]) => {
        const yhat = sigmoid(z2(features));
        return element(
          "tr",
          {},
          element("th", { scope: "row" }, name),
          element("td.number", {}, count(features[1])),
          element("td.number", {}, count(features[2])),
          element("td.number", {}, probability(yhat)),
          element("td", {}, yhat > 0.5 ? "positive" : "negative"),
        );
      }),
    );
  }

  function bar(share) {
    const made = element(share < 0 ? "span.below" : "span");
    made.style.setProperty("--share", Math.abs(share).toFixed(3));
    return made;
  }

  box.addEventListener("input", () => read(true));
  store.on("mine net", draw);
  box.value = examples[0] ?? "";
  read(false);
}
