// SweepGrid
