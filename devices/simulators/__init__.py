"""Simulated instruments, made from the same profiles that read the real ones."""
