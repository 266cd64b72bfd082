#!/usr/bin/python3
"""Proves of a build that what is held out stays out of training and that no shortcut answers."""

import sys

sys.dont_write_bytecode = True

from avstamps import checks  # noqa: E402


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check.py FOLDER, the folder that holds the manifests")
    problems = checks.problems(sys.argv[1])
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("\n".join(checks.summary(sys.argv[1])))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
