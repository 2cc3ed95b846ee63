"""Alarms, investigations, nonconformances, corrective action, and the decisions made on them."""
