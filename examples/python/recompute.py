"""Reads merged files of phasemap with xarray and recomputes cells of them from closed forms.

    python examples/python/recompute.py runs/molrg-k1 runs/speciation runs/collapse

Every number is computed here from its formula, with nothing of phasemap's code. The exit status is 0 when all cells agree.
Needs numpy, xarray and h5netcdf (or netCDF4): `scripts/setup --tests` installs them into .venv.
"""

import math
import os
import sys

import numpy as np
import xarray as xr


def open_run(path):
    """The merged file of a run directory, or the file itself, as an xarray data set."""
    return xr.open_dataset(os.path.join(path, "phase-diagram.h5") if os.path.isdir(path) else path)


def cells(data, name):
    """(coordinates, replicates) of every complete cell of a measurement, a recorded dimension counting as a coordinate."""
    variable = data[name]
    axes = [axis for axis in variable.dims if axis != "replicate"]
    moved = variable.transpose(*axes, "replicate").values
    complete = data["complete"]
    for index in np.ndindex(*moved.shape[:-1]):
        place = dict(zip(axes, index))
        if int(complete.isel({axis: place[axis] for axis in complete.dims})) != 1:
            continue
        point = {}
        for key, value in data.coords.items():
            if key != "replicate" and set(value.dims) <= set(axes):
                point[key] = value.isel({axis: place[axis] for axis in value.dims}).values.item()
        yield point, moved[index]


def wilson(successes, trials, z=1.959963984540054):
    """Wilson's score interval of a probability."""
    p = successes / trials
    centre = (p + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def gaussian_mean(function):
    """The mean of a function of a standard normal variable, by the trapezoidal rule."""
    u = np.linspace(-12, 12, 4801)
    return float(np.sum(function(u) * np.exp(-u * u / 2)) * (u[1] - u[0])) / math.sqrt(2 * math.pi)


def same_class(dimension, time):
    """The probability that clones which part at a time end in one class of two unit Gaussians (arXiv 2402.18491)."""
    c, gamma = math.sqrt(dimension) * math.exp(-time), 1.0

    def agreement(u):
        p = 1 / (1 + np.exp(-2 * c * (c + math.sqrt(gamma) * u) / gamma))
        return p * p + (1 - p) * (1 - p)

    return gaussian_mean(agreement)


def excess_entropy(dimension, count, time):
    """The excess entropy over alpha at a time, with what a sample tells about its class subtracted."""
    alpha, delta = math.log(count) / dimension, -math.expm1(-2 * time)
    c = math.sqrt(dimension) * math.exp(-time)
    information = math.log(2) - gaussian_mean(lambda u: np.logaddexp(0, -2 * c * (c + u)))
    return max(0.0, 1 + (0.5 * math.log(delta) - information / dimension) / alpha)


def check_recovery(data):
    """Principal components of noiseless samples recover a subspace exactly when N >= d."""
    for point, errors in cells(data, "recoveryError"):
        if point.get("method") != "pca" or point.get("noise", 0) != 0:
            continue
        expected = 1.0 if point["sampleCount"] >= point["intrinsicDimension"] else 0.0
        yield point, float(np.mean(errors < 0.5)), expected, 0.0


def check_speciation(data):
    """Clones agree with the probability of the theory, within four standard errors and the bias of the time step."""
    for point, fractions in cells(data, "sameClass"):
        expected = same_class(point["dimension"], point["branchTime"])
        trajectories = point.get("trajectories", 1000) * len(fractions)
        error = math.sqrt(expected * (1 - expected) / trajectories)
        yield point, float(np.mean(fractions)), expected, 0.003 + 4 * error


def check_collapse(data):
    """The excess entropy follows the theory where that is at least 0.45 alpha."""
    for point, values in cells(data, "excessEntropy"):
        expected = excess_entropy(point["dimension"], point.get("sampleCount", 20000), point["time"])
        if expected < 0.45:
            continue
        error = np.std(values, ddof=1) / math.sqrt(len(values)) if len(values) > 1 else 0.05
        yield point, float(np.mean(values)), expected, 0.015 + 4 * error


def check_rates(data):
    """The file's own rates and intervals follow from its counts."""
    if "success_rate" not in data:
        return
    trials, successes = data["trials"].values.ravel(), data["successes"].values.ravel()
    stored = [data[f"success_{name}"].values.ravel() for name in ("rate", "lower", "upper")]
    for index in np.flatnonzero(trials > 0)[:20]:
        lower, upper = wilson(successes[index], trials[index])
        for values, expected in zip(stored, (successes[index] / trials[index], lower, upper)):
            yield {"cell": int(index)}, float(values[index]), expected, 1e-12


CHECKS = {"subspace-recovery": check_recovery, "speciation": check_speciation, "collapse": check_collapse}


def main(paths):
    wrong = 0
    for path in paths:
        with open_run(path) as data:
            experiment = data.attrs["experiment"]
            count = 0
            for check in filter(None, [check_rates, CHECKS.get(experiment)]):
                for point, measured, expected, tolerance in check(data):
                    count += 1
                    if not abs(measured - expected) <= tolerance:
                        wrong += 1
                        print(f"{path}: {point}: {measured:.6g} in the file, {expected:.6g} +- {tolerance:.2g} expected")
            print(f"{path}: {experiment}, {count} values recomputed")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
