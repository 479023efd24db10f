# Each target first sets up .venv: .venv/train stands for requirements.txt, .venv/all for requirements-all.txt as well.
# A list that has changed since is installed again.
PYTHON ?= python3
PY     := .venv/bin/python

.PHONY: train test bank lint bench data report page notebook autograder.zip kit companion companion-ablation \
        companion-data companion-report artefacts clean help

train: .venv/train  ## train on the tweets' features; parameters, figures and pictures go to output/
	$(PY) train.py

test: .venv/all  ## every test, on up to four cores
	$(PY) -m pytest -q --complete -n auto
	$(PY) -m pytest -q -n 2 companion

bank: .venv/all  ## all of the grader's bank of submissions and attacks, of which `make test` takes a part
	$(PY) -m pytest -q --complete --bank -n auto tests/test_autograder_bank.py tests/test_autograder_attacks.py

lint: .venv/all  ## check the format and the style of the code
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

bench: .venv/all  ## microseconds per step and tweets per second, beside other implementations
	$(PY) -m benchmarks

data: .venv/all  ## make data/twitter_data.pkl from NLTK's twitter_samples, downloaded if it is missing
	$(PY) -m data.build

report: .venv/all output/run.json output/story.json  ## write output/assignment2.pdf from the last training run
	$(PY) -m report

page: .venv/train output/run.json  ## write output/network.html, the network of the last training run to touch and try
	$(PY) -m page

output/run.json: | .venv/train
	$(PY) train.py

output/story.json: | .venv/all output/run.json
	$(PY) -m report.story

notebook: .venv/all  ## write notebook/assignment2.ipynb, executed, from notebook/walkthrough.py
	$(PY) notebook/build.py

autograder.zip: .venv/all  ## the package for Gradescope
	$(PY) -m autograder.package $@

kit: .venv/train  ## what a course gives to its students, in output/kit/ and output/kit.zip: no answer is in it
	$(PY) -m kit

companion-data: .venv/all  ## download the Stanford Sentiment Treebank and check it
	$(PY) companion/extra download

companion: .venv/all  ## the companion's word vectors (question 3), then the sentiment of sentences (question 4)
	$(PY) companion/q3_run.py
	$(PY) companion/extra

companion-ablation: .venv/all  ## what each step adds to the sentiment of sentences, half an hour
	$(PY) companion/extra ablation

companion-report: .venv/all  ## write output/companion.pdf from the figures of the last companion run
	$(PY) -m report --companion

# companion.pdf is copied if `make companion companion-report` has made it: without the treebank its figures would differ.
artefacts: train report notebook  ## rebuild what is committed, and copy it from output/ to its places
	cp output/assignment2.pkl output/assignment2.pdf .
	cp output/loss.png output/surface.png pictures/
	@if [ -e output/companion.pdf ]; then cp output/companion.pdf companion/; else \
	echo "companion/companion.pdf stays as it is: make companion-data companion companion-report would make it anew"; fi

clean:  ## remove output/ and caches
	rm -rf output .pytest_cache .ruff_cache

help:  ## this list
	@sed -n 's/^\([a-z.-]*\):.*## /\1\t/p' Makefile | expand -t 20

.venv/train: requirements.txt
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/all: requirements-all.txt .venv/train
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-all.txt
	touch $@
