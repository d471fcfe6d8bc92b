"""What the measurements here share: a sealed place, and runs in pairs.

Machines are shared and noisy, so that nothing is compared but two commands
that take turns in one run; the median of their ratios is printed.
"""
import os
import pathlib
import resource
import statistics
import subprocess
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("BENCH_BINARY", ROOT / "target/release/cargo-pyhack")).resolve()


def seconds(command, **options):
    """How long a command takes that has to go well."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    return time.perf_counter() - start


def processor_seconds(command, **options):
    """How much processor time a command takes with its children, which has to go well."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(name, ours, theirs, limit, pairs=5):
    """Prints the median of `pairs` ratios; `ours` and `theirs` give seconds."""
    ours_took, theirs_took = [], []
    for _ in range(pairs):
        ours_took.append(ours())
        theirs_took.append(theirs())
    ratios = [a / b for a, b in zip(ours_took, theirs_took)]
    found = statistics.median(ratios)
    verdict = "within" if found <= limit else "OVER"
    print(
        f"{name}: {found:.3f} ({verdict} {limit}); ours {statistics.median(ours_took):.3f} s, "
        f"theirs {statistics.median(theirs_took):.3f} s; ratios {' '.join(f'{r:.3f}' for r in ratios)}",
        flush=True,
    )
    return found


def unpacked(sdist, folder):
    """Unpacks an sdist; gives its only folder."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return next(pathlib.Path(folder).iterdir())


def place():
    """A folder that goes away."""
    return tempfile.TemporaryDirectory(prefix="pyhack-bench-", dir=os.environ.get("BENCH_DIR"))
