"""assignment2.pdf and companion/companion.pdf: their Typst sources, their formulas, and the command that builds them.

python -m report --help
"""
