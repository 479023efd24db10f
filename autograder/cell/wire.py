"""Values and messages as plain JSON, for both ends of the channel between the grader and student code.

`decode` believes nothing about what it reads, since student code may have written it.
"""

import json
import math
import socket

import numpy as np

LARGEST_ARRAY = 5_000  # entries; no question has an answer of a thousand
TEXT = 400  # characters of a message that are worth keeping
MOST_NAMES = 2000  # of a module; numpy with a star brings six hundred
MOST_SKIPPED = 5  # statements and lines that are worth naming
DTYPES = {name: np.dtype(name) for name in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")}
DTYPES["b1"] = DTYPES["u1"]  # a byte that may hold anything: a truth value only once it is compared with 0


# ---- Values as plain JSON ------------------------------------------------------------------------


def encode(value):
    """A value as JSON: numbers, arrays, tuples and texts as what they are, anything else as the name of its type.

    Arrays are sent bit for bit, in hexadecimal: written out, their numbers take ten times as long, at both ends.
    """
    if value is None:
        return {"none": True}
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "fiub" or value.size > LARGEST_ARRAY:
            return {"other": f"array of shape {value.shape} and type {value.dtype}"[:TEXT]}
        dtype = np.dtype(value.dtype.newbyteorder("=") if value.dtype.itemsize <= 8 else float)  # no long doubles
        plain = np.asarray(value, dtype)
        return {"array": plain.tobytes().hex(), "shape": list(plain.shape), "dtype": dtype.str[1:]}
    if isinstance(value, (float, np.floating)):
        return {"float": float(value)}
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return {"int": int(value)}
    if isinstance(value, str):
        return {"text": str(value[:TEXT])}
    if isinstance(value, (tuple, list)) and len(value) <= 100:
        return {"tuple": [encode(item) for item in value]}
    return {"other": type(value).__name__[:TEXT]}


def decode(value):
    """The inverse of `encode`. Raises ValueError for anything that encode does not write."""
    if not isinstance(value, dict) or not value:
        raise ValueError("not an encoded value")
    kind, content = next(iter(value.items()))
    if kind == "none":
        return None
    if kind == "float" and type(content) is float:
        return content
    if kind == "int" and type(content) in (int, bool):
        return content
    if kind == "text" and type(content) is str:
        return content
    if kind == "other" and type(content) is str:
        return Other(content)
    if kind == "tuple" and type(content) is list and len(content) <= 100:
        return tuple(decode(item) for item in content)
    if kind == "array" and type(content) is str:
        shape, dtype = value.get("shape"), value.get("dtype")
        whole = type(shape) is list and len(shape) <= 32 and all(type(n) is int and n >= 0 for n in shape)
        if whole and isinstance(dtype, str) and dtype in DTYPES and math.prod(shape) <= LARGEST_ARRAY:
            numbers = np.frombuffer(bytearray.fromhex(content), DTYPES[dtype]).reshape(shape)
            return numbers != 0 if dtype == "b1" else numbers
    raise ValueError("not an encoded value")


class Other:
    """Stands for a value that is no number, by the name of its type."""

    def __init__(self, name):
        self.name = name


# ---- The channels --------------------------------------------------------------------------------


class Channel:
    """Lines of JSON over a socket: what the grader and a child say to each other.

    Student code may write to it too. What it writes spoils at most the line that it is in, where a length would let it
    swallow all that follows.
    """

    def __init__(self, socket):
        self.file = socket.makefile("rwb")

    def send(self, message):
        self.file.write(json.dumps(message).encode() + b"\n")
        self.file.flush()

    def receive(self):
        return json.loads(self.file.readline())


def send(connection, message, fds=()):
    """Send a message as JSON behind its length, and file descriptors with it: what the grader and the host say."""
    content = json.dumps(message).encode()
    socket.send_fds(connection, [len(content).to_bytes(4, "big")], fds)
    connection.sendall(content)


def receive(connection, most_fds=0):
    """(message, file descriptors) of the next message. Raises EOFError at the end of the connection."""
    head, fds, _, _ = socket.recv_fds(connection, 4, most_fds)
    length = int.from_bytes(head + read(connection, 4 - len(head)), "big")
    return json.loads(read(connection, length)), fds


def read(connection, length):
    content = bytearray()
    while len(content) < length:
        piece = connection.recv(length - len(content))
        if not piece:
            raise EOFError("the other end closed the connection")
        content += piece
    return bytes(content)
