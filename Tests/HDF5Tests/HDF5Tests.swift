// Tests of HDF5.
