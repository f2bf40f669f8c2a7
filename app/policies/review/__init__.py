"""An agreement seen as a whole, and beside another: matrix, differences, and past decisions made again. All pure."""
