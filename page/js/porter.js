// Porter's stemmer with NLTK's extensions, as utils.py uses it (nltk.stem.porter, mode NLTK_EXTENSIONS).
//
// Lengths and ends are counted in code points, as Python does: a letter such as 𝒜 is one character, not two.

const IRREGULAR = new Map(
  Object.entries({
    sky: "sky",
    skies: "sky",
    dying: "die",
    lying: "lie",
    tying: "tie",
    news: "news",
    innings: "inning",
    inning: "inning",
    outings: "outing",
    outing: "outing",
    cannings: "canning",
    canning: "canning",
    howe: "howe",
    proceed: "proceed",
    exceed: "exceed",
    succeed: "succeed",
  }),
);

const size = (word) => [...word].length;

// A y is a consonant at the beginning and after a vowel.
function isConsonant(letters, at) {
  let start = at;
  while (start > 0 && letters[start] === "y") start--;
  const first = letters[start] === "y" || !"aeiou".includes(letters[start]);
  return (at - start) % 2 === 0 ? first : !first;
}

// "falafel" -> "cvcvcvc"
const pattern = (word) => [...word].map((_, at, letters) => (isConsonant(letters, at) ? "c" : "v")).join("");

// How often a consonant follows a vowel: Porter's m.
const sequences = (word) => pattern(word).split("vc").length - 1;
const containsVowel = (word) => pattern(word).includes("v");

function endsDouble(word) {
  const letters = [...word];
  return letters.length >= 2 && letters.at(-1) === letters.at(-2) && isConsonant(letters, letters.length - 1);
}

function endsCvc(word) {
  const letters = [...word];
  const shape = pattern(word);
  return (letters.length >= 3 && shape.endsWith("cvc") && !"wxy".includes(letters.at(-1))) || shape === "vc";
}

// The first rule whose suffix the word has decides, even if its condition then fails.
function applyRules(word, rules, condition) {
  for (const [suffix, replacement] of rules) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return condition(stem, suffix) ? stem + replacement : word;
  }
  return word;
}

const pairs = (text) =>
  text
    .trim()
    .split(/\s+/)
    .map((pair) => pair.split(">"));

const STEP2 = pairs(`ational>ate tional>tion enci>ence anci>ance izer>ize bli>ble alli>al entli>ent eli>e ousli>ous
  ization>ize ation>ate ator>ate alism>al iveness>ive fulness>ful ousness>ous aliti>al iviti>ive biliti>ble fulli>ful
  logi>log`);
const STEP3 = pairs("icate>ic ative> alize>al iciti>ic ical>ic ful> ness>");
const STEP4 = pairs(`al> ance> ence> er> ic> able> ible> ant> ement> ment> ent> ion> ou> ism> ate> iti> ous> ive>
  ize>`);

function step1a(word) {
  if (word.endsWith("ies") && size(word) === 4) return word.slice(0, -1);
  return applyRules(word, pairs("sses>ss ies>i ss>ss s>"), () => true);
}

function step1b(word) {
  if (word.endsWith("ied")) return word.slice(0, size(word) === 4 ? -1 : -2);
  if (word.endsWith("eed")) return sequences(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const suffix = ["ed", "ing"].find((end) => word.endsWith(end) && containsVowel(word.slice(0, -end.length)));
  if (!suffix) return word;
  const stem = word.slice(0, -suffix.length);
  if (/(at|bl|iz)$/.test(stem)) return stem + "e";
  if (endsDouble(stem)) return /[lsz]$/.test(stem) ? stem : [...stem].slice(0, -1).join("");
  return sequences(stem) === 1 && endsCvc(stem) ? stem + "e" : stem;
}

function step1c(word) {
  const letters = [...word.slice(0, -1)];
  const turns = word.endsWith("y") && letters.length > 1 && isConsonant(letters, letters.length - 1);
  return turns ? letters.join("") + "i" : word;
}

function step2(word) {
  if (word.endsWith("alli") && sequences(word.slice(0, -4)) > 0) return step2(word.slice(0, -2));
  return applyRules(word, STEP2, (stem, suffix) => sequences(suffix === "logi" ? stem + "l" : stem) > 0);
}

function step5(word) {
  if (word.endsWith("e")) {
    const stem = word.slice(0, -1);
    const m = sequences(stem);
    if (m > 1 || (m === 1 && !endsCvc(stem))) word = stem;
  }
  return word.endsWith("ll") && sequences(word.slice(0, -1)) > 1 ? word.slice(0, -1) : word;
}

export function porterStem(token) {
  if (IRREGULAR.has(token)) return IRREGULAR.get(token);
  let word = token.toLowerCase();
  if (size(token) <= 2) return word;
  word = step2(step1c(step1b(step1a(word))));
  word = applyRules(word, STEP3, (stem) => sequences(stem) > 0);
  word = applyRules(word, STEP4, (stem, suffix) => sequences(stem) > 1 && (suffix !== "ion" || /[st]$/.test(stem)));
  return step5(word);
}
