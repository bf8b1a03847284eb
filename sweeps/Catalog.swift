public import SweepGrid

/// Every sweep that the `phasemap` program knows, in the order of `phasemap list`.
public let catalog: [Sweep] = [
    molrgK1, speciation, collapse, finiteSizeCollapse, mcmPhase, mcmLinear, mcmLearningRate, noop,
]
