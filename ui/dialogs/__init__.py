"""Dialogs: signing on, signing a record, and the few others."""
