"""Parts, characteristics, inspection plans, gauges and what binds them."""
