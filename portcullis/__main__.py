"""`portcullis`, and `python -m portcullis`."""

from portcullis.cli.uncollected import uncollected


def main() -> None:
    with uncollected():
        from portcullis.cli.app import main as command  # noqa: PLC0415  loading is what is meant
    command()


if __name__ == "__main__":
    main()
