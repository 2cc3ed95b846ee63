"""The demo: the whole line on simulated instruments over real ports, from the first reading to the hub, checked."""
