public import SweepGrid

/// Every sweep that the `phasemap` program knows, in the order of `phasemap list`.
public let catalog: [Sweep] = [
    molrgK1, molrgK23, molrgJacobian, speciation, collapse, collapseDynamics, finiteSizeCollapse, mcmPhase, mcmLinear,
    mcmLearningRate,
    spikedCovariance, linearDistillation, linearMemorization, noop,
]
