// Tests of Plotting.
