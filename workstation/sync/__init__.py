"""Shares the station's journal with the hub: over a network when there is one, on a stick when there is none."""
