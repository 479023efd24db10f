"""Made-up tweets for the page's tokenizer: each a random mixture of what a tokenizer can get wrong."""

import html.entities
import random
import unicodedata

WORDS = """
i the you're isn't don't can't happy happiness happily hopping hoping hoped relational conditional
rational generalization radically hopefully fully analogy theology geology sky skies dying lying
ties died spied spies flies news innings outing howe proceed feed agreed bled motoring sing
conflated troubled sized tanned falling hissing fizzed failing filing enjoy enjoyed cry by say
syzygy yyy aye crying controll roll cease rate probate effective adjustment replacement dependent
adoption homologous communism activate bowdlerize formative formalize electricity electrical
goodness as ies ied ed ing eed s ss sses is at yay soooo coooool yesss hahahaha naïve café Ünïcödé
İstanbul ſtraße ΟΔΥΣΣΕΥΣ ΣΑΣ. Kelvin ŒUVRE dzɐ ﬁn привет Москва здравствуйте こんにちは 你好世界 안녕하세요 नमस्ते
สวัสดี שלום עולם مرحبا بكم العربية ١٢٣ ٠٫٥ 𝒜𝓁𝑔𝑒𝒷𝓇𝒶 𝟙𝟚𝟛𝟜 a𝒜𝒜ed aé́ed x² ½ Ⅷ ① _ __init__ snake_case
a_b 'tis rock'n'roll well-known -dash- e-mail o'clock--ish l'été
""".split()
EMOTICONS = """
:) :( :-) :-( :D :-D :P :'( ;) ;-) =) =( 8) 8-D :/ :\\ :| :@ :{ :} >:( <:| D: d: (: ): (-: )-: :o) :*) <3
</3 XD xD :3 :)) :((( ^_^ o_O -_- <-- --> -> <- <> <b> <a/> </b> < > :)) =D 8p d8 @: P-:
""".split()
EMOJI = """
😀 😂 😭 ❤ ❤️ 👍 👍🏽 👩‍👩‍👧‍👦 👨🏿‍🚀 🏳️‍🌈 🏴‍☠️ 🇩🇪 🇺🇸🇫🇷 🇺 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏴󠁧󠁢󠁷󠁬󠁳󠁿 ☺️ ✨✨✨✨ 🏽 1️⃣ ©️ ♥♥♥♥♥ 💕 🤷🏻‍♀️ 🧑🏾‍🤝‍🧑🏼
""".split()
LINKS = """
http://t.co/abc https://t.co/AbC123, HTTP://EXAMPLE.COM/x httpſ://x.y http:/a https:// http:x
www.example.com example.co.uk a.b/c foo.com/(bar)_(baz) foo.com/(a(b)c)d, bit.ly/xyz! user@example.com
first.last+tag@sub-domain.example.org @foo.bar x@y a@b.c foo.na@example.com example.com. K.COM/ İi.com/ü
https://en.wikipedia.org/wiki/A_(b) //x.y ftp://a.b (see:x.com) no.1/x a.a.a.a.a... 1.2.3.4 v1.0 http://a<b>
t.co/“x” http%3A
""".split()
HANDLES = """
@user @User_Name @a @ @@ @@x .@user RT@x @averyveryverylongname @exactly15chars_ @sixteen_chars_16
@user@host !@user a@user @user: @user's -@u @é @über @123 $@x &@y #@z @_ @__ @user@ @x@y@z
""".split()
TAGS = "# #tag #Tag_1 ##double #tag's #1 #é #日本 $GE $ge1 $ $$$ $5.99 $é́x $x² $१ ＃full #a#b #-".split()
PHONES = """
(212) 555-0123|+1 212 555 0123|2125550123|555-0123|1-800-555-0199|5550123456|555 0123|(0)20 7946|12 34|
123*456.7890|011 ) 555 . 1234567|٢١٢ ٥٥٥ ٠١٢٣|000|1.000,50|3/4|10:30|+5-|1,000,000|-3.5|0-0|2015-06-01|1st|
24/7|1 (555) 5551212
""".replace("\n", "").split("|")
DOTS = "... . . .|. .|..|.. . .|.\n.|.\n.\n.|…|!!!!|?!?!|???|----|,,,|***|'''|`|~~~~~|____|·|«x»|“quoted”|‘q’|¿|¡|‽"
DOTS = [*DOTS.split("|"), '"', '""""']
ODD = ["\u200d", "\u200d\u200d", "\ufe0f", "\u200b", "\u200e", "\u200f", "\u202e", "\u2066", "\ufeff", "\u0301", "\x00"]
ODD += [
    "\x1c",
    "\x1f",
    "\x7f",
    "\x85",
    "\xad",
    "\ue000",
    "\ufffd",
    "\ufffe",
    "\U0010ffff",
    "\ud800",
    "\udfff",
    "\u2028",
]
SPACES = [" "] * 12 + ["", "", "", "  ", "\n", "\n\n\n\n\n", "\t", "\xa0", "\u2003", "\u3000", "\r\n", "\x1d", "\v"]


def entity(random):
    name = random.choice(
        [*html.entities.name2codepoint, "apos", "nbsp", "amp", "lt", "gt", "nothing", "AMP", "x", "xi"]
    )
    number = random.choice([65, 39, 128, 129, 150, 0x2019, 0x1F600, 0xD800, 0x110000, 10**12, 0, 10, 32, 47, 58, 95])
    return random.choice(
        [
            f"&{name};",
            f"&#{number};",
            f"&#x{number:x};",
            f"&#X{number:x};",
            f"&x{number:x};",
            f"&#{number}",
            f"&amp;{name};",
            f"&amp;#{number};",
            random.choice(
                ["&#+6_5;", "&#-65;", "&#٦٥;", "&#x0x41;", "&#x_41;", "&#x0_x41;", "&#6__5;", "&#\x1c65;", "&#;"]
            ),
            random.choice(
                ["&;", "& ;", "&&lt;", "&a&lt;;", "&#𝟞𝟝;", "&#xＦＦ;", "&lt;3", "&lt;/3", "&gt;:(", "&#0065;"]
            ),
        ]
    )


def assigned(random):
    """Any character that Unicode had when Python's tables were made, but no half of a surrogate pair.

    Newer ones are words to the regex module and none to a browser with older tables, or the other way round.
    """
    while True:
        character = chr(random.choice([random.randrange(0x250), random.randrange(0x3000), random.randrange(0x20000)]))
        if unicodedata.category(character) not in ("Cn", "Cs"):
            return character


def shouted(text, random):
    return random.choice([str.upper, str.title, str.swapcase, lambda t: t + t[-1] * 4, lambda t: t * 3])(text)


def made_up_tweets(n, seed=0):
    """n tweets, the same for the same seed."""
    rng = random.Random(seed)
    kinds = [WORDS] * 6 + [EMOTICONS, EMOTICONS, EMOJI, EMOJI, LINKS, HANDLES, TAGS, PHONES, DOTS, ODD]
    tweets = []
    for _ in range(n):
        tweet = rng.choice(["", "", "", "RT ", "RT\n", "RT @user: ", "RT"])
        for _ in range(rng.randint(0, 14)):
            kind = rng.random()
            if kind < 0.1:
                piece = entity(rng)
            elif kind < 0.15:
                piece = assigned(rng) * rng.choice([1, 1, 4])
            else:
                piece = rng.choice(rng.choice(kinds))
                if rng.random() < 0.15:
                    piece = shouted(piece, rng)
            tweet += piece + rng.choice(SPACES)
        if rng.random() < 0.03:
            tweet += rng.choice(["a", "a.", "yY", "😀", "(", "1", ":)"]) * rng.randint(100, 400)
        tweets.append(tweet)
    return tweets
