"""The cell: what runs beside student code. Nothing here judges, or knows an expected value.

host.py makes the cells and ends what was begun in them; child.py answers in one, after probe.py has tried it. The host
runs as `python -m cell.host`, so that no other module of the project is in its process. The grader itself imports
wire.py alone.
"""
