"""What holds for all tests."""

import gc

from hypothesis import settings

settings.register_profile("sinebar", deadline=None)  # never a timed test: a busy machine is no fault
settings.load_profile("sinebar")


def pytest_collection_finish() -> None:
    """Search no more for garbage among thousands of tests that stay to the end."""
    gc.collect()
    gc.freeze()
