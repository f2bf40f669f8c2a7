"""How fast the service is beside what it replaces: ratios of medians of runs in turn, never absolute promises."""
