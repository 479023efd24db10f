# Each target sets up .venv from requirements.txt where it is missing or older than that list.
PYTHON ?= python3
PY     := .venv/bin/python

.PHONY: train test data report companion companion-ablation companion-data companion-report autograder.zip artefacts bench clean help

train: .venv/ready  ## train on the tweets' features; writes assignment2.pkl, and curves and figures to output/
	$(PY) train.py

test: .venv/ready  ## every test
	$(PY) -m pytest -q

data: .venv/ready  ## make data/twitter_data.pkl from NLTK's twitter_samples
	$(PY) -m data.build

report: .venv/ready output/run.json  ## write assignment2.pdf from the figures of the last training run
	$(PY) -m report

output/run.json: | .venv/ready
	$(PY) train.py

autograder.zip: .venv/ready  ## the package for Gradescope
	$(PY) -m autograder.package $@

companion-data: .venv/ready  ## download the Stanford Sentiment Treebank and check it
	$(PY) companion/treebank.py --download

companion: .venv/ready  ## the companion's word vectors (question 3), then the sentiment of sentences (question 4)
	$(PY) companion/q3_run.py
	$(PY) companion/q4_sentiment.py

companion-ablation: .venv/ready  ## what each step adds to the sentiment of sentences, a quarter of an hour
	$(PY) companion/q4_ablation.py

companion-report: .venv/ready  ## write companion/companion.pdf from the figures of the last run of make companion
	$(PY) -m report --companion

artefacts: train report companion-report  ## rebuild what is committed: assignment2.pkl, the PDFs, the README's pictures
	cp output/loss.png output/surface.png pictures/

bench: .venv/ready  ## microseconds a step and tweets a second, beside other implementations
	$(PY) -m benchmarks

help:  ## this list
	@sed -n 's/^\([a-z.-]*\):.*## /\1\t/p' Makefile | expand -t 20

clean:
	rm -rf output .pytest_cache

.venv/ready: requirements.txt
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@
