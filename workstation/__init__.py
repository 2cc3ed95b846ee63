"""The product without a screen: everything Sinebar does, headless; this package imports no Qt."""

__version__ = "0.1.0"
