internal import ArgumentParser
internal import Cluster
import Foundation
internal import LinearAlgebra
internal import SweepGrid

struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Computes tasks for a coordinator until its run is complete.",
        discussion: """
            One worker serves a host: it starts a slot process for each task it computes at a time. On SIGTERM, SIGINT, or a \
            batch system's warning (SIGUSR1, SIGUSR2, SIGXCPU) running tasks are told to end, those that do not are given \
            back, and results are delivered before the worker leaves; nothing of it counts as a failure.

            EXAMPLES
              phasemap worker --connect tcp://10.0.0.1:7700
              phasemap worker --connect tcp://10.0.0.1:7700 --count 16
              phasemap worker --connect tcp://10.0.0.1:7700 --key node1
              phasemap worker --connect tcp://10.0.0.1:7700 --time-limit 12h --idle-timeout 10m --grace 60
            """)

    @Option(help: ArgumentHelp("Where the coordinator listens.", valueName: "endpoint"))
    var connect: String

    @Option(help: "Slots: how many tasks are computed at a time; by default one for each core.")
    var count: Int?

    @Option(
        help: ArgumentHelp(
            "Told to stop while the coordinator is away, wait so long for it, then leave the results on this host and say where.",
            valueName: "seconds"))
    var drainLimit = 600

    @OptionGroup var keys: KeyOptions

    @OptionGroup var stay: StayOptions

    @OptionGroup var log: LogOptions

    @Flag(help: .hidden)
    var endsWithParent = false

    func validate() throws {
        if let count, !(1...4096).contains(count) {
            throw ValidationError("--count \(count) is not a number of slots from 1 to 4096")
        }
        if !(0...86_400).contains(drainLimit) {
            throw ValidationError("--drain-limit \(drainLimit) is not a number of seconds from 0 to 86400")
        }
    }

    func run() throws {
        var options = AgentOptions(
            endpoint: connect, slots: count ?? ProcessInfo.processInfo.activeProcessorCount)
        options.key = try keys.client(for: connect, role: .worker)
        options.endsWithParent = endsWithParent
        options.ownsProcess = true
        options.drainLimit = .seconds(drainLimit)
        stay.apply(to: &options)
        if log.level >= .warning { options.log = { warn("phasemap worker: \($0)") } }
        switch try Agent(options).run() {
        case .finished, .drained: return
        case .refused(let reason): throw CommandFailure("the coordinator refuses this worker: \(reason)", .refused)
        case .failed(let reason): throw CommandFailure("this worker cannot compute the run: \(reason)")
        }
    }
}

/// The process that computes one task at a time; started by a worker.
struct SlotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slot", abstract: "Computes tasks for a worker on the same host.", shouldDisplay: false)

    func run() throws {
        Slot.main(catalog: ExperimentCatalog(Catalog.current.experiments) { currentNumerics() })
    }
}

/// The process that opens the shards of workers; started by a coordinator.
struct CheckShardsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-shards", abstract: "Verifies shards for a coordinator on the same host.",
        shouldDisplay: false)

    func run() throws { ShardChecker.main() }
}

/// The arithmetic of this process.
func currentNumerics() -> Numerics {
    Numerics(
        openBLAS: BLAS.version, kernels: BLAS.kernelFamily, libc: libcVersion(),
        blasThreads: BLAS.threads, isPortable: false)
}

/// The version of the C library, such as `glibc 2.36`.
private func libcVersion() -> String {
    var name = [UInt8](repeating: 0, count: 64)
    let length = name.withUnsafeMutableBytes { buffer in
        confstr(Int32(_CS_GNU_LIBC_VERSION), buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
    }
    return length > 1 ? String(decoding: name[..<min(length - 1, name.count)], as: UTF8.self) : "unknown"
}
