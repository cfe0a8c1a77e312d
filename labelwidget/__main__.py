"""`python -m labelwidget`: the command by another way."""

import sys

from labelwidget.cli import main

if __name__ == "__main__":
    sys.exit(main())
