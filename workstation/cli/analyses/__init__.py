"""Analyses of a CSV file: which there are, what each takes from the table, and how its result is drawn and told."""
