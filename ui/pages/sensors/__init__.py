"""The sensors page and its parts."""
