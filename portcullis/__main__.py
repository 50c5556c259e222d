"""`portcullis`, and `python -m portcullis`."""

import gc


def main() -> None:
    """What is loaded at the start stays until the end: the garbage collector has nothing to find in it, and would look for a fifth of the
    time that loading takes, then again and again while callers wait."""
    gc.disable()
    from portcullis.cli import main as command  # noqa: PLC0415  loading is what is meant

    gc.freeze()
    gc.enable()
    command()


if __name__ == "__main__":
    main()
