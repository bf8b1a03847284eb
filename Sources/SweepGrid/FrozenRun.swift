/// The arithmetic that a run is bound to, so that every host gives the same bits.
public struct Numerics: Codable, Hashable, Sendable {
    /// The version of OpenBLAS.
    public var openBLAS: String
    /// The family of its kernels, as OpenBLAS names it (`Haswell`, `SkylakeX`, ...).
    public var kernels: String
    /// The version of the C library, whose mathematics functions differ between versions.
    public var libc: String
    /// The number of BLAS threads of a slot.
    public var blasThreads: Int
    /// Whether slots are started with the portable kernels.
    public var isPortable: Bool

    /// Creates a description of the arithmetic.
    public init(openBLAS: String, kernels: String, libc: String, blasThreads: Int, isPortable: Bool) {
        self.openBLAS = openBLAS
        self.kernels = kernels
        self.libc = libc
        self.blasThreads = blasThreads
        self.isPortable = isPortable
    }
}

/// A task whose result every worker must reproduce before it is admitted.
public struct Probe: Codable, Hashable, Sendable {
    /// The task number: the cheapest point's first replicate.
    public var task: Int
    /// The digest of its result.
    public var digest: Digest

    /// Creates a probe.
    public init(task: Int, digest: Digest) {
        self.task = task
        self.digest = digest
    }
}

/// Limits of a single task.
public struct TaskLimits: Codable, Hashable, Sendable {
    /// The longest time a task may take, in seconds; nil for no limit.
    public var seconds: Double?
    /// The most memory a slot may use, in MiB; nil for no limit.
    public var mebibytes: Int?
    /// The longest time between two different words of progress, in seconds, for tasks that report any; nil for half an
    /// hour.
    public var progressSeconds: Double?

    /// Creates limits.
    public init(seconds: Double? = nil, mebibytes: Int? = nil, progressSeconds: Double? = nil) {
        self.seconds = seconds
        self.mebibytes = mebibytes
        self.progressSeconds = progressSeconds
    }
}

/// A sweep frozen as data when its run starts: everything `run.json` holds.
public struct FrozenRun: Codable, Hashable, Sendable {
    /// The version of the format that this code writes.
    public static let currentFormatVersion = 1

    /// The version of the format.
    public var formatVersion = FrozenRun.currentFormatVersion
    /// The sweep's name.
    public var sweep: String
    /// The preset it was started with.
    public var preset: String?
    /// What is computed.
    public var design: Design
    /// How it is shown.
    public var view: View
    /// The expected cost of every point.
    public var work: PointWork
    /// Limits of a single task.
    public var limits: TaskLimits
    /// The arithmetic; nil until a coordinator fixed it.
    public var numerics: Numerics?
    /// The task that workers prove themselves by; nil until a coordinator computed it.
    public var probe: Probe?

    /// Creates a frozen run.
    public init(
        sweep: String, preset: String? = nil, design: Design, view: View, work: PointWork, limits: TaskLimits = .init(),
        numerics: Numerics? = nil, probe: Probe? = nil
    ) {
        self.sweep = sweep
        self.preset = preset
        self.design = design
        self.view = view
        self.work = work
        self.limits = limits
        self.numerics = numerics
        self.probe = probe
    }

    /// Why the run cannot be right, in a sentence; nil when it is sound. Checked on everything read from outside.
    public var defect: String? {
        if work.count != design.pointCount {
            return "it gives the cost of \(work.count) points, but has \(design.pointCount)"
        }
        if let probe, !(0..<design.taskCount).contains(probe.task) {
            return "its probe, task \(probe.task), is none of its tasks"
        }
        return nil
    }

    /// The task number that serves as probe: the first replicate of the cheapest point.
    public var probeTask: Int {
        var point = 0
        var cheapest = (point: 0, work: Double.infinity)
        for run in work.runs {
            if run.work < cheapest.work { cheapest = (point, run.work) }
            point += run.count
        }
        return cheapest.point * design.replicates
    }
}
