import os

# The tests' matrices are small: threads would only wait for each other, and long where other work runs.
os.environ.setdefault("OMP_NUM_THREADS", "1")
