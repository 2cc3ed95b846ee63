"""The live line: bind, check, judge, keep, announce; its process and its local socket."""
