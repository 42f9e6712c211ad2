"""`python -m cordboard` is the command `cordboard`."""

from cordboard.cli import main

if __name__ == "__main__":
    main()
