"""Doors of the window: operations off its thread, messages to the person, theme, icons, commands, help."""
