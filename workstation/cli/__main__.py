"""`python -m workstation.cli`: the same as `sinebar`."""

from workstation.cli.main import run

if __name__ == "__main__":
    run()
