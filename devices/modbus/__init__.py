"""Modbus RTU, ASCII and TCP: register maps, exact values, batched polling, an engine that never books a late reply."""
