"""Charts: draw what analysis and the store return, compute no statistic."""
