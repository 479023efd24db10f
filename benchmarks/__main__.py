"""What a step and a tweet cost, beside other implementations: `python -m benchmarks`, the command of `make bench`.

Longer comparisons have commands of their own: python -m benchmarks.bench_training (seeds, hidden units, scaling),
python -m benchmarks.bench_word2vec, python -m benchmarks.bench_autograder.
"""

import sys

from benchmarks import bench_step, bench_text

if __name__ == "__main__":
    sys.exit(bench_step.main([]) or bench_text.main([]))
