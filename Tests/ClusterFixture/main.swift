// The programs of a cluster for its tests, as `phasemap` is for users:
//   cluster-fixture slot
//   cluster-fixture check-shards [crash|crash-twice|killed|killed-twice|hang MARKER]
//   cluster-fixture worker ENDPOINT SLOTS [--ends-with-parent]
//   cluster-fixture coordinate SWEEP DIRECTORY ENDPOINT
//   cluster-fixture run SWEEP DIRECTORY WORKERS
//   cluster-fixture extend DIRECTORY [STEP]      (the cells, to more cells; kills itself after the step)

import Cluster
import ClusterFixtures
import Foundation
import Glibc
import Scheduling
import SweepGrid

let arguments = CommandLine.arguments.dropFirst()

/// Describes the arithmetic; the variables let a test pretend that a host or its code differs.
@Sendable func numerics() -> Numerics {
    Numerics(
        openBLAS: variable("FIXTURE_OPENBLAS") ?? "0.3.21", kernels: "Haswell", libc: "2.36", blasThreads: 1,
        isPortable: true)
}

@Sendable func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

var policy: Policy { variable("FIXTURE_SOAK") == nil ? fixturePolicy : soakPolicy }

func fail(_ sentence: String) -> Never {
    print(sentence)
    exit(1)
}

switch arguments.first {
case "slot":
    // A program that works once, for the probe, and then never starts again.
    if let mark = variable("FIXTURE_ONCE"), open(mark, O_CREAT | O_EXCL | O_CLOEXEC, 0o600) < 0 { exit(9) }
    let sweeps = variable("FIXTURE_EMPTY") == nil ? FixtureSweeps.all : [FixtureSweeps.troubles]
    Slot.main(catalog: ExperimentCatalog(sweeps.map(\.experiment), numerics: numerics))
case "check-shards":
    // The first shard that it sees is evil, for every checker with this marker.
    ShardChecker.main { path in
        guard arguments.count == 3 else { return }
        let name = String(path.split(separator: "/").last ?? "")
        if (try? String(contentsOfFile: arguments[3], encoding: .utf8)) == nil {
            try? name.write(toFile: arguments[3], atomically: true, encoding: .utf8)
        }
        guard (try? String(contentsOfFile: arguments[3], encoding: .utf8)) == name else { return }
        if arguments[2].hasSuffix("-twice") {
            let isNew = ["-2", "-3"].contains { open(arguments[3] + $0, O_CREAT | O_EXCL, 0o600) >= 0 }
            guard isNew else { return }
        }
        switch arguments[2] {
        case "crash", "crash-twice": raiseSegmentationFault()
        case "killed", "killed-twice": kill(getpid(), SIGKILL)
        default: while true { pause() }
        }
    }
case "worker":
    var options = AgentOptions(endpoint: arguments[2], slots: Int(arguments[3]) ?? 1)
    options.endsWithParent = arguments.contains("--ends-with-parent")
    options.ownsProcess = true
    options.policy = policy
    if let limit = variable("FIXTURE_DRAIN_SECONDS").flatMap(Int.init) { options.drainLimit = .seconds(limit) }
    options.patience = .seconds(20)
    if variable("FIXTURE_LOG") != nil { options.log = { print("worker:", $0) } }
    options.logDirectory = variable("FIXTURE_LOGS")
    options.host = variable("FIXTURE_HOST") ?? options.host
    options.terms.idleTimeout = variable("FIXTURE_IDLE").flatMap { Double($0) }.map { .seconds($0) }
    options.terms.timeLimit = variable("FIXTURE_TIME").flatMap { Double($0) }.map { .seconds($0) }
    options.terms.grace = variable("FIXTURE_GRACE").flatMap { Double($0) }.map { .seconds($0) } ?? options.terms.grace
    do {
        switch try Agent(options).run() {
        case .finished, .drained: exit(0)
        case .refused(let reason), .failed(let reason): fail(reason)
        }
    } catch {
        fail("\(error)")
    }
case "coordinate":
    guard let sweep = FixtureSweeps.all.first(where: { $0.name == arguments[2] }) else { fail("no such sweep") }
    do {
        var options = CoordinatorOptions()
        options.policy = policy
        options.endpoint = arguments[4]
        if variable("FIXTURE_LOG") != nil {
            options.log = { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
        }
        let outcome = try Coordinator(try sweep.freeze(), into: arguments[3], options).run()
        exit(outcome.isComplete ? 0 : 3)
    } catch {
        fail("\(error)")
    }
case "run":
    guard let sweep = FixtureSweeps.all.first(where: { $0.name == arguments[2] }) else { fail("no such sweep") }
    do {
        var options = CoordinatorOptions()
        options.policy = policy
        if variable("FIXTURE_LOG") != nil {
            options.log = { print("coordinator:", $0) }
            options.inform = options.log
        }
        let coordinator = try Coordinator(try sweep.freeze(), into: arguments[3], options)
        let launcher = LocalLauncher(
            count: Int(arguments[4]) ?? 1, arguments: ["worker", coordinator.endpoint, "1", "--ends-with-parent"])
        let outcome = try coordinator.run(launching: launcher) { print($0.committed, $0.tasksPerSecond) }
        print(outcome.isComplete, outcome.status.seconds, outcome.status.tasksPerSecond)
    } catch {
        fail("\(error)")
    }
case "extend":
    do {
        let step = arguments.count > 2 ? RunExtension.Step(rawValue: arguments[3]) : nil
        try RunExtension(arguments[2], to: try FixtureSweeps.moreCells.freeze()).perform { reached in
            if reached == step { kill(getpid(), SIGKILL) }
        }
    } catch {
        fail("\(error)")
    }
default:
    fail("cluster-fixture is for tests")
}
