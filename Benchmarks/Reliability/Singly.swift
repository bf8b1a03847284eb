import Cluster
import Diffusion
import Foundation
import Results
import Scheduling
import SweepGrid

/// A run of `noop` with one task in each lease, and so in each message.
enum Singly {
    /// Leases hold one task; a slot has many, or it would wait for the disk after each.
    static var policy: Policy {
        var policy = Policy()
        policy.leaseTaskLimit = 1
        policy.firstLeaseTaskLimit = 1
        policy.leasesPerSlot = 256
        return policy
    }

    /// Serves the run, merge included; the first line on standard error ends with the endpoint.
    static func coordinate(tasks: Int, into directory: String, keys: String) throws {
        var options = CoordinatorOptions()
        options.policy = policy
        options.keys = KeyDirectory(keys)
        options.log = { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
        let sweep = Sweep("noop", of: Noop.self) { Axis(\.index, Array(1...tasks)) }
        let coordinator = try Coordinator(try sweep.freeze(), into: directory, options)
        options.log("workers connect to \(coordinator.endpoint)")
        let outcome = try coordinator.run()
        guard outcome.isComplete else { throw BenchmarkFailure("the run did not complete") }
        options.log("memory while serving \(memory("VmHWM")) of which \(memory("RssAnon")) its own")
        _ = try Merge([RunDirectory(directory)]).write()
    }

    /// A figure of this process as the system gives it, in whole MiB.
    private static func memory(_ name: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
    }

    /// A worker with one slot.
    static func work(for endpoint: String, keys: String) throws {
        var options = AgentOptions(endpoint: endpoint, slots: 1)
        options.policy = policy
        options.key = try Security.client(for: endpoint, key: nil, keys: KeyDirectory(keys), role: .worker)
        guard case .finished = try Agent(options).run() else { throw BenchmarkFailure("the worker did not finish") }
    }
}

/// What a benchmark could not do.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
