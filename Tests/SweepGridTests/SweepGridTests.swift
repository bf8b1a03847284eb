// Tests of SweepGrid.
