"""Files of the trade: tables that people and programs hand over."""
