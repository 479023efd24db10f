"""The cell: what runs beside student code. Nothing here judges, or knows an expected value.

host.py makes the cells and ends what was begun in them; child.py answers in one. Both are run by their path and load
their neighbours by plain names, so that no other module of the project is in the process. The grader itself imports
wire.py alone.
"""
