"""What a training step and a tweet cost, beside other code: `python -m benchmarks`, the command of `make bench`.

Longer comparisons have commands of their own: python -m benchmarks.bench_training (seeds, hidden units, scaling),
python -m benchmarks.bench_word2vec, python -m benchmarks.bench_autograder.
"""

if __name__ == "__main__":
    import os

    import command

    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # before numpy is imported
    command.run("python -m benchmarks", "benchmarks.__main__")

from benchmarks import bench_step, bench_text


def main(argv):
    return bench_step.main(argv) or bench_text.main(argv)
