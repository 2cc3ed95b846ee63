"""Acceptance sampling: plans by attributes and by variables, their curves, switching, and plans made to measure."""
