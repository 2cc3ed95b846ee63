"""Statistics for quality work: numpy arrays in, frozen results out. Knows no store, no screen, no instrument."""

__version__ = "0.1.0"
