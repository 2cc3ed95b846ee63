"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("sinebar", deadline=None)  # never a timed test: a busy machine is no fault
settings.load_profile("sinebar")
