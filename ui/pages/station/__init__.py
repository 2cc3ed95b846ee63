"""The live station page: what a gloved hand and an eye at arm's length need, and nothing else."""
