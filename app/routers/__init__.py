"""HTTP: one question in, one service call, one answer out."""
