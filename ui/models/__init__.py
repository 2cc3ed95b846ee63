"""What the window knows between two paints: the line as it was last told, and tables."""
