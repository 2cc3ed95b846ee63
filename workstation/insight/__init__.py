"""What the records and readings of a station say when they are read back together."""
