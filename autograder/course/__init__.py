"""A class: which folders are one, a process for each submission, and what the staff work with afterwards.

downloads.py     what Gradescope, Canvas or Moodle gives for download, as a list of entries
classroom.py     supervises the grading of a class
single.py        the processes that grade its submissions, each in a fork of its own
records.py       what is kept of a submission, without its points
gradebook.py     the files that are written from the records
tables.py        those of them that are tables, and the marks of persons
pages.py         those of them that are pages (templates/)
similarity.py    which submissions are unusually alike
"""
