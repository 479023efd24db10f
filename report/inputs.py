"""Read what a document needs from a run: JSON files and SVG pictures, checked, with one sentence if one is wrong."""

import json

NUMBER = (int, float)
KINDS = {int: "a whole number", NUMBER: "a number", str: "text", list: "a list", dict: "an object"}


def read_json(path, needed, how):
    """The JSON object in the file `path`, which has at least the keys of `needed`: {key: type, or such a dict}.

    how: the sentence's end, which says what makes the file. Raises FileNotFoundError, or ValueError for other contents.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} is missing: {how}") from None
    except ValueError as error:
        raise ValueError(f"{path} is not a run's JSON ({error}): {how}") from None
    _check(value, needed, path, how)
    return value


def read_picture(path, how):
    """The text of the SVG picture `path`. Raises FileNotFoundError, or ValueError if it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} is missing: {how}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not an SVG picture: {how}") from None


def _refuse_constant(text):
    raise ValueError(f"{text} is no number")


def _check(value, needed, path, how, inside=""):
    if isinstance(needed, dict):
        if not isinstance(value, dict):
            raise ValueError(f"{path}: {inside[:-1] or 'the run'} is {value!r:.60}; expected an object: {how}")
        for key, part in needed.items():
            if key not in value:
                raise ValueError(f"{path} lacks {inside + key}: {how}")
            _check(value[key], part, path, how, f"{inside}{key}.")
    elif not isinstance(value, needed) or isinstance(value, bool):
        raise ValueError(f"{path}: {inside[:-1]} is {value!r:.60}; expected {KINDS[needed]}: {how}")
