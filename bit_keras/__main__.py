"""The commands: `python -m bit_keras --help`."""

import sys

from bit_keras.commands import main

if __name__ == "__main__":
    sys.exit(main())
