"""The versions of the packages that a step computes with, as Galaxy keeps them beside each output."""

import sys

from dltools.core import installed

if __name__ == "__main__":
    print(*map(installed.told, sys.argv[1:]), sep=", ")
