import Glibc
package import SweepGrid

/// A task that does something to its slot, its worker or its host.
package enum Misdeed: Experiment {
    /// What it does.
    package enum Kind: String, CaseIterable, ParameterValue {
        case none, segfault, abort, oversleep, listen, stall, allocate, spawn, leave, murder, delicate, shout
    }

    package struct Parameters: Sendable {
        package var index = 0
        package var kind = Kind.none
        /// How long an innocent task sleeps.
        package var milliseconds = 0
    }

    package struct Measurements: Sendable {
        package var value: Double
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    package static let name = "misdeed"
    package static let version = 1
    package static let defaults = Parameters()
    package static let parameters: [Parameter<Parameters>] = [
        Parameter(\.index, "index", "number of the task", in: 0...10_000),
        Parameter(\.kind, "kind", "what it does"),
        Parameter(\.milliseconds, "milliseconds", "time that it sleeps", unit: "ms", in: 0...100_000),
    ]
    package static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.value, "value", "the index again")
    ]

    package static func work(_ parameters: Parameters) -> Double { parameters.kind == .none ? 1 : 2 }

    package static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        switch parameters.kind {
        case .none: break
        case .segfault:
            for line in 1...60 { print("line \(line)") }
            raiseSegmentationFault()
        case .abort:
            // Without the runtime's report, which takes its time.
            signal(SIGABRT, SIG_DFL)
            Glibc.abort()
        case .oversleep: sleep(milliseconds: 600_000)
        case .listen:
            while !context.isStopping { sleep(milliseconds: 5) }
            throw Failure(
                description: "ended early, \((context.remainingTime ?? .seconds(1)) <= .zero ? "late" : "in time")")
        case .stall:
            context.report(progress: 0.5)
            while true { sleep(milliseconds: 600_000) }
        case .allocate: allocate(mebibytes: 800)
        case .spawn:
            leaveProcesses()
            sleep(milliseconds: 600_000)
        case .leave:
            leaveProcesses()
            // It ends when all of them are there.
            while lineCount(ofFileNamedBy: "FIXTURE_PROCESSES") < 3 { sleep(milliseconds: 2) }
        case .murder:
            // Long enough for its worker to say that it runs.
            sleep(milliseconds: 700)
            kill(getppid(), SIGKILL)
            sleep(milliseconds: 600_000)
        case .delicate:
            // The first one is the probe, which lets a host in.
            if isBroken, parameters.index > 1 { throw Failure(description: "this host is broken") }
        case .shout:
            for line in 1...40_000 { print("line \(line) of much that nobody wants to read") }
        }
        if parameters.milliseconds > 0 { sleep(milliseconds: parameters.milliseconds) }
        return Measurements(value: Double(parameters.index))
    }

    /// Takes memory and uses it, a piece at a time.
    private static func allocate(mebibytes: Int) {
        for _ in 0..<mebibytes {
            guard let piece = malloc(1 << 20) else { return }
            memset(piece, 1, 1 << 20)
            usleep(2_000)
        }
        sleep(milliseconds: 600_000)
    }

    /// Starts three processes that would outlive this one: a child, one in a session of its own, and one whose parent is
    /// gone. Their numbers go into the file that FIXTURE_PROCESSES names.
    private static func leaveProcesses() {
        let script = """
            sleep 987 & echo $! >> "$FIXTURE_PROCESSES"
            setsid sleep 987 & echo $! >> "$FIXTURE_PROCESSES"
            sh -c 'setsid sleep 987 & echo $! >> "$FIXTURE_PROCESSES"' &
            wait
            """
        start("/bin/sh", ["sh", "-c", script])
    }
}

extension FixtureSweeps {
    /// Every way to end a slot or to be ended, among good tasks.
    package static let misdeeds = Sweep(
        "misdeeds", of: Misdeed.self, limits: TaskLimits(seconds: 1, progressSeconds: 0.4)
    ) {
        Axis(\.index, 1...2)
        Axis(\.kind, [.none, .segfault, .abort, .oversleep, .listen, .stall])
    }

    /// Tasks that take all memory among good ones.
    package static let hungry = Sweep("hungry", of: Misdeed.self, limits: TaskLimits(mebibytes: 200)) {
        Axis(\.index, 1...2)
        Axis(\.kind, [.none, .allocate])
    }

    /// A task that leaves processes behind.
    package static let litter = Sweep("litter", of: Misdeed.self) {
        Axis(\.index, 1...1)
        Axis(\.kind, [.none, .spawn])
    }

    /// A task that leaves processes behind and ends, then one in the same slot that does not, and a good one.
    package static let leftovers = Sweep("leftovers", of: Misdeed.self) {
        Axis(\.index, 1...1)
        Axis(\.kind, [.none, .leave, .stall])
    }

    /// A task that kills its worker among good ones.
    package static let murders = Sweep("murders", of: Misdeed.self) {
        Axis(\.index, 1...1)
        Axis(\.kind, [.none, .murder])
    }

    /// Tasks that only sound hosts can compute.
    package static let delicates = Sweep("delicates", of: Misdeed.self) {
        Axis(\.index, 1...120)
        Axis(\.kind, [.delicate])
        Axis(\.milliseconds, [20])
    }

    /// Tasks that print much.
    package static let shouts = Sweep("shouts", of: Misdeed.self) {
        Axis(\.index, 1...3)
        Axis(\.kind, [.none, .shout])
    }

    package static let wrongdoers = [misdeeds, hungry, litter, leftovers, murders, delicates, shouts]
}
