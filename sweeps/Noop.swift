import Diffusion
public import SweepGrid

/// Tasks that do nothing, to measure the machinery: `phasemap run noop --set index=1...1000000`.
public let noop = Sweep("noop", of: Noop.self, "What a sweep costs beyond its tasks: every task reads one random word.")
{
    Axis(\.index, 1...1000)
}
