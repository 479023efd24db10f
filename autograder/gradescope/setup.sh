#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the image. The zip is unpacked in the folder of this file.
# PYTHON names another interpreter than python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
base=${PYTHON:-python3}

# The system's python3 stays as it is: what is missing goes into an environment of the grader's own, from the zip's wheels
# where they fit, else from the network.
if "$base" -c 'import sys; from importlib.util import find_spec
sys.exit(None in map(find_spec, ("numpy", "nltk", "pypdf", "joblib", "tqdm")))'; then
    python=$(command -v "$base")
else
    if ! "$base" -m venv "$root/venv"; then
        rm -rf "$root/venv"
        DEBIAN_FRONTEND=noninteractive apt-get install -y python3-venv
        "$base" -m venv "$root/venv"
    fi
    python=$root/venv/bin/python
    "$python" -m pip install --quiet --no-index --find-links "$here/wheels" -r "$here/requirements.txt" ||
        "$python" -m pip install --quiet -r "$here/requirements.txt"
fi
echo "$python" > "$here/python"

# Student code runs as another user, who is to read nothing in here.
chmod -R go-rwx "$here"

# The self-test: the reference solution earns every point that a machine gives, or the build fails.
cd "$here"
"$python" -m autograder "$here/assignment2.py"
