// From a tweet to its stems, as utils.py does it: the course's cleaning, NLTK's TweetTokenizer (handles stripped, case
// folded except in emoticons, lengthening reduced), stop words and punctuation dropped, Porter's stemmer.
//
// The patterns are NLTK's, written for JavaScript. Python's `regex` module and `re` do not agree with JavaScript on
// what a word character, white space and a small letter are, so these classes are spelt out. What is left: characters
// newer than the browser's Unicode tables, and two halves of a surrogate pair that meet only once an entity is decoded,
// which are one character here and two in Python.

import { porterStem } from "./porter.js";

const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"; // Python's string.punctuation
const LONGEST_RUN = 280; // of utils.py

const WORD = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}`; // \w of regex
const LETTER = String.raw`(?:(?![\p{Nd}_])[${WORD}])`; // [^\W\d_]
const SPACE = String.raw`\p{White_Space}`; // \s of regex
const RE_SPACE = String.raw`\p{White_Space}\x1c-\x1f`; // \s of re
const LATIN = String.raw`a-zA-Z\u0130\u017f\u212a`; // [a-z] without regard to case: also İ, ſ and K (kelvin)
const TONE = String.raw`[\u{1f3fb}-\u{1f3ff}]`;

const CASH_TAG = /\$[\p{L}\p{N}_]*/gu; // re's \w has no combining marks
const RETWEET = new RegExp(`^RT[${RE_SPACE}]+`, "u");
const LINK = new RegExp(`https?://[^${RE_SPACE}]+`, "gu");
const LONG_RUN = new RegExp(`([^${SPACE}]{${LONGEST_RUN}})(?=[^${SPACE}])`, "gu");
const ENTITY = new RegExp(`&(#?(x?))([^&;${SPACE}]+);`, "gu");
const HANDLE = /(?<![A-Za-z0-9_!@#$%&*])@(?:[A-Za-z0-9_]{15}(?!@)|[A-Za-z0-9_]{1,14}(?![A-Za-z0-9_]*@))/g;

const EYES = String.raw`[:;=8]`;
const NOSE = String.raw`[\-oO*']?`;
const MOUTH = String.raw`[)\](\[dDpP/:}{@|\\]`;
const EMOTICON = `(?:[<>]?${EYES}${NOSE}${MOUTH}|${MOUTH}${NOSE}${EYES}[<>]?|</?3)`;
const HAS_EMOTICON = new RegExp(EMOTICON, "u");
const IS_EMOTICON = new RegExp(`^${EMOTICON}$`, "u");

const BALANCED = String.raw`\([^${SPACE}()]*?\([^${SPACE}()]+\)[^${SPACE}()]*?\)|\([^${SPACE}]+?\)`;
const TOKEN = new RegExp(
  [
    // Links: a protocol, or a domain before a slash; what follows; an end that is no punctuation.
    String.raw`(?:[hH][tT][tT][pP][sS\u017f]?:(?:/{1,3}|[${LATIN}0-9%])|[${LATIN}0-9.\-]+[.][${LATIN}]{2,13}/)` +
      String.raw`(?:[^${SPACE}()<>{}\[\]]+|${BALANCED})+` +
      "(?:" +
      BALANCED +
      String.raw`|[^${SPACE}\x60!()\[\]{};:'".,<>?«»“”‘’])`,
    // Naked domains.
    String.raw`(?<!@)[${LATIN}0-9]+(?:[.\-][${LATIN}0-9]+)*[.][${LATIN}]{2,13}(?![${WORD}])/?(?!@)`,
    // Telephone numbers.
    String.raw`(?:\+?[01][ *\-.)]*)?(?:\(?\p{Nd}{3}[ *\-.)]*)?\p{Nd}{3}[ *\-.)]*\p{Nd}{4}`,
    EMOTICON,
    `<[^>${SPACE}]+>`,
    "-+>|<-+",
    `@[${WORD}]+`,
    `#+[${WORD}]+[${WORD}'\\-]*[${WORD}]+`,
    String.raw`[${WORD}.+\-]+@[${WORD}\-]+\.(?:[${WORD}\-]\.?)+[${WORD}\-]`,
    // Joined emoji, and those with a skin tone.
    String.raw`[^\n](?:${TONE}?(?:\u200d[^\n]${TONE}?)+|${TONE})`,
    // Flags: two letters, England, Scotland, Wales.
    String.raw`[\u{1f1e6}-\u{1f1ff}]{2}`,
    String.raw`\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|` +
      String.raw`\u{e0077}\u{e006c}\u{e0073})\u{e007f}`,
    // Words, numbers, words, dots, and whatever is left.
    String.raw`${LETTER}(?:${LETTER}|['\-_])+${LETTER}`,
    String.raw`[+\-]?\p{Nd}+[,/.:\-]\p{Nd}+[+\-]?`,
    `[${WORD}]+`,
    String.raw`\.(?:[${SPACE}]*\.)+`,
    `[^${SPACE}]`,
  ].join("|"),
  "gu",
);

export const isEmoticon = (token) => IS_EMOTICON.test(token);

// stopWords: a Set. entities: a Map of HTML's names to code points.
export function makeReader(stopWords, entities) {
  const decode = (text) => text.replace(ENTITY, (_, number, hex, body) => character(number, hex, body, entities));

  function tokenize(tweet) {
    let text = decode(clean(tweet));
    text = text.replace(HANDLE, " ").replace(/([^\n])\1{2,}/gu, "$1$1$1");
    text = text.replace(/\n{4,}/g, "\n\n\n"); // NLTK's cut of repeated characters; the line above has made the others
    return (text.match(TOKEN) ?? []).map((token) => (HAS_EMOTICON.test(token) ? token : token.toLowerCase()));
  }

  // Each token with its stem, which is null for one that is dropped.
  function read(tweet) {
    return tokenize(tweet).map((token) => {
      const why = stopWords.has(token) ? "stop word" : PUNCTUATION.includes(token) ? "punctuation" : "";
      return { token, why, stem: why ? null : porterStem(token) };
    });
  }

  return { read, stems: (tweet) => read(tweet).flatMap(({ stem }) => (stem === null ? [] : [stem])) };
}

function clean(tweet) {
  const text = tweet.replace(CASH_TAG, "").replace(RETWEET, "").replace(LINK, "").replaceAll("#", "");
  return text.replace(LONG_RUN, "$1 ");
}

// What NLTK makes of &name; and &#number;, with its quirks: &xa; is read as &#xa;, and what has no character is removed.
function character(number, hex, body, entities) {
  let point = number ? wholeNumber(body, hex ? 16 : 10) : entities.get(body);
  if (number && point >= 0x80 && point <= 0x9f) {
    const windows = new TextDecoder("windows-1252").decode(Uint8Array.of(point));
    point = windows.codePointAt(0) === point ? undefined : windows.codePointAt(0);
  }
  return point >= 0 && point <= 0x10ffff ? String.fromCodePoint(point) : "";
}

// Python's int(text, base): digits of any script, a sign, single underscores between digits; else undefined.
function wholeNumber(text, base) {
  const plain = text
    .replace(/^[\x1c-\x1f]+|[\x1c-\x1f]+$/g, "")
    .replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
  const digits = base === 16 ? "[0-9a-fA-F]" : "[0-9]";
  const prefix = base === 16 ? "(?:0[xX]_?)?" : "";
  const found = new RegExp(`^([+-]?)${prefix}(${digits}+(?:_${digits}+)*)$`).exec(plain);
  return found ? (found[1] === "-" ? -1 : 1) * parseInt(found[2].replaceAll("_", ""), base) : undefined;
}

// Decimal digits come in runs of ten, from 0 to 9, and each run begins at a multiple of the block's start.
function digitValue(digit) {
  let zero = digit.codePointAt(0);
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return (digit.codePointAt(0) - zero) % 10;
}
