// The figures that a run must reach with everything switched on: journal, CURVE and checksums. `scripts/bench reliability`
// measures all of them, `scripts/bench reliability tiny lost ...` some; `--short` takes a tenth of the tasks.
//
// The program is its own coordinator, worker and slot: it has every command of phasemap over the sweeps `noop` and `busy`.

import CommandLine
import Diffusion
import Foundation
import SweepGrid

let catalog = [
    Sweep("noop", of: Noop.self) { Axis(\.index, 1...1000) },
    Sweep("busy", of: Busy.self) { Axis(\.index, 1...1000) },
]

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    switch arguments.first {
    case "coordinate-singly":
        try Singly.coordinate(tasks: Int(arguments[1]) ?? 0, into: arguments[2], keys: arguments[3])
    case "work-singly": try Singly.work(for: arguments[1], keys: arguments[2])
    case "burn": print("got \(Busy.share(ofSeconds: Double(arguments[1]) ?? 1))")
    case "register": try Crowd.register(Int(arguments[1]) ?? 0, at: arguments[2], keys: arguments[3])
    case "measure", nil:
        let isShort = arguments.contains("--short")
        try Figures(scale: isShort ? 0.1 : 1).measure(arguments.dropFirst().filter { !$0.hasPrefix("--") })
    default: Program.main(catalog: catalog)
    }
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}
