"""What recording costs, measured: `python -m benchmarks`, or `nox -s bench`.

Each row of the table is a module of :mod:`benchmarks.rows` and runs in a process of its own. What
is compared is measured in turn, within the same second, so that a busy machine is busy for both.
"""
