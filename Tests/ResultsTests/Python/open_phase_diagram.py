"""Opens a phase-diagram file with every reader users have, without arguments, and compares what they see.

Usage: open_phase_diagram.py FILE GRID. Prints "ok" when all agree.
"""
import sys

import h5netcdf
import h5py
import netCDF4
import numpy as np
import xarray as xr

path, grid = sys.argv[1:]

dimensions = {
    "product": ["intrinsicDimension", "sampleCount", "method"],
    "zip": ["sampleCount_noise", "method"],
    "filtered": ["intrinsicDimension", "sampleCount"],
    "union": ["point"],
}[grid]
auxiliary = {
    "product": [],
    "zip": ["sampleCount", "noise"],
    "filtered": ["rate"],
    "union": ["sampleCount", "intrinsicDimension"],
}[grid]

with h5py.File(path) as file:
    names = set(file)
    assert file.attrs["format"] == "phasemap phase diagram"
    for name in names:
        dataset = file[name]
        if not dataset.is_scale:
            for dimension in dataset.dims:
                assert len(dimension) == 1, f"{name}: a dimension without scale"
                assert dimension.label, f"{name}: a dimension without name"
        assert "long_name" in dataset.attrs, name
    if "method" in dimensions:
        assert list(file["method"].asstr()) == ["pca", "denoiser"]
    reference = {name: file[name][...] for name in names}

with netCDF4.Dataset(path) as file:
    assert list(file["recoveryError"].dimensions) == dimensions + ["replicate"]
    assert set(file.variables) == names
with h5netcdf.File(path) as file:
    assert list(file["recoveryError"].dimensions) == dimensions + ["replicate"]

for arguments in [{}, {"engine": "h5netcdf"}, {"engine": "netcdf4"}]:
    with xr.open_dataset(path, **arguments) as data:
        assert list(data["recoveryError"].dims) == dimensions + ["replicate"]
        assert list(data["trainingError"].dims) == dimensions + ["replicate", "trainingStep"]
        assert list(data["status"].dims) == dimensions + ["replicate"]
        for name in ["trials", "successes", "success_rate", "success_lower", "success_upper", "complete"]:
            assert list(data[name].dims) == dimensions, name
        for name in dimensions + auxiliary + ["replicate", "trainingStep"]:
            assert name in data.coords, name
        for name in ["recoveryError", "success_rate", "loss_mean"]:
            np.testing.assert_array_equal(data[name].values, reference[name])
        assert data["loss"].attrs["units"] == "nat"
        assert data["status"].attrs["flag_meanings"].split()[1] == "ok"
        assert data.attrs["experiment"] == "recovery"
        if grid == "product":
            cell = data.sel({"intrinsicDimension": 3, "sampleCount": 5, "method": "denoiser"})
            assert cell["recoveryError"].shape == (4,)
            assert list(data["boundary"].dims) == ["method", "intrinsicDimension"]
        if grid == "filtered":
            assert (data["status"].values == 5).all(axis=-1).sum() == 3
            assert np.isnan(data["rate"].values).sum() == 3
        if grid == "union":
            assert list(data["sampleCount"].values) == [1, 1, 1, 1, 2, 3, 4, 5]
        if grid == "zip":
            np.testing.assert_allclose(data["noise"].values, [0, 0.1, 0.2, 0.3, 0.4, 0.5])
print("ok")
