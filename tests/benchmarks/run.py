"""Run the benchmarks one after the other: `python tests/benchmarks/run.py [NAME ...]`, all when none is named.

Each prints its figures beside yardsticks measured in the same run. Read medians and ratios, and leave the machine alone
meanwhile. Options after `--` go to each benchmark that is run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(arguments: list[str]) -> int:
    names, options = arguments, []
    if "--" in arguments:
        cut = arguments.index("--")
        names, options = arguments[:cut], arguments[cut + 1 :]
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no benchmark '{unknown[0]}'. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    missed = []
    for name in names or known:
        print(f"\n=== {name} " + "=" * (100 - len(name)), flush=True)
        if subprocess.run([sys.executable, str(known[name]), *options], cwd=HERE.parents[1]).returncode:
            missed.append(name)
    if missed:
        print(f"\nNot every figure was reached in: {', '.join(missed)}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
