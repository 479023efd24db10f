"""Grades a class: a process a core, a report a submission, a table and a page for the staff."""


def grade_class(*args):
    raise NotImplementedError
