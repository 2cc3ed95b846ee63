"""The instruments page and its parts."""
