"""Accounts, roles and electronic signatures."""
