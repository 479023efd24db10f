"""The network as one interactive page: `python -m page` puts it together from a training run and the data.

build.py        the page as text, from the figures of a run and the features
values.py       the values of the graph: their equations, and the lines of assignment2.py that compute them
template.html, style.css, js/
                what the page is made of

js/main.js puts the parts together, each a module of its own: network.js is the mathematics, tweets.js and porter.js are
utils.py over again, surface.js, curves.js and graph.js draw, parameters.js reads files of the reader's.
"""
