"""Continuous channels: sampled, rolled up, grouped and watched. No I/O and no clock: times come with readings."""
