internal import Results
import Scheduling
import SweepGrid

/// What an agent writes to a slot: length-prefixed frames. Both ends are the same executable, so there is no version.
enum SlotOrder: Equatable {
    /// Read the frozen run at this path, and take checkpoints this often; answered by `.ready` or `.unfit`.
    case open(String, checkpointInterval: Duration)
    /// Compute these tasks after those given before.
    case compute([TaskRun])
    /// Let a task that comes go on from the fetched checkpoint with this digest.
    case restore(task: Int, Digest)
    /// Skip these tasks; the running one sees `isStopping` if it is among them.
    case cancel([TaskRun])
    /// Ask the running task to come to its end early, and exit after it.
    case stop
    /// Ask this task, if it is running, to come to its end early.
    case interrupt(task: Int)

    func write(to writer: inout ByteWriter) {
        writer.frame { frame in
            switch self {
            case .open(let path, let interval):
                frame.append(UInt8(1))
                frame.append(path)
                frame.append(interval.wireNanoseconds)
            case .compute(let runs):
                frame.append(UInt8(2))
                SlotOrder.append(runs, to: &frame)
            case .cancel(let runs):
                frame.append(UInt8(11))
                SlotOrder.append(runs, to: &frame)
            case .stop:
                frame.append(UInt8(3))
            case .interrupt(let task):
                frame.append(UInt8(4))
                frame.append(UInt64(task))
            case .restore(let task, let digest):
                frame.append(UInt8(5))
                frame.append(UInt64(task))
                frame.append(digest)
            }
        }
    }

    /// Nil when the frame is damaged.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        switch reader.take(UInt8.self) {
        case 1:
            guard let path = reader.takeText(), let interval = reader.take(Int64.self) else { return nil }
            self = .open(path, checkpointInterval: .nanoseconds(interval))
        case 2:
            guard let runs = SlotOrder.runs(&reader) else { return nil }
            self = .compute(runs)
        case 3: self = .stop
        case 4:
            guard let task = reader.take(UInt64.self), task < WireFormat.taskLimit else { return nil }
            self = .interrupt(task: Int(task))
        case 5:
            guard let task = reader.take(UInt64.self), task < WireFormat.taskLimit, let digest = reader.takeDigest()
            else { return nil }
            self = .restore(task: Int(task), digest)
        case 11:
            guard let runs = SlotOrder.runs(&reader) else { return nil }
            self = .cancel(runs)
        default: return nil
        }
    }

    private static func append(_ runs: [TaskRun], to frame: inout ByteWriter) {
        for run in runs {
            frame.append(UInt64(run.tasks.lowerBound))
            frame.append(UInt64(run.tasks.count))
            frame.append(UInt32(clamping: run.attempt))
        }
    }

    /// The runs that fill the rest of a frame; nil when it is damaged.
    private static func runs(_ reader: inout ByteReader) -> [TaskRun]? {
        var runs: [TaskRun] = []
        while reader.remaining > 0 {
            guard let first = reader.take(UInt64.self), let count = reader.take(UInt64.self),
                let attempt = reader.take(UInt32.self), let tasks = try? taskRange(first, count, "runs")
            else { return nil }
            runs.append(TaskRun(tasks, attempt: Int(attempt)))
        }
        return runs
    }
}

/// What a slot writes to its agent.
enum SlotAnswer {
    /// The run is read and fits the experiment; this arithmetic will compute it.
    case ready(Numerics)
    /// The run cannot be computed by this program.
    case unfit(String)
    /// A task is computed.
    case result(TaskRow)
    /// A task threw an error or took too long.
    case failed(task: Int, FailureClass, String)
    /// A running task said how far it is.
    case progress(task: Int, fraction: Double)
    /// A running task left a checkpoint of so many bytes in the spool.
    case checkpoint(task: Int, Digest, byteCount: Int)
    /// A task that was asked to stop did so before its end.
    case interrupted(task: Int)
    /// A task was not started because it had been cancelled.
    case skipped(task: Int)

    /// Nil when the frame is damaged.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        switch reader.take(UInt8.self) {
        case 1:
            guard let openBLAS = reader.takeText(), let kernels = reader.takeText(), let libc = reader.takeText(),
                let threads = reader.take(UInt32.self), let portable = reader.take(UInt8.self)
            else { return nil }
            self = .ready(
                Numerics(
                    openBLAS: openBLAS, kernels: kernels, libc: libc, blasThreads: Int(threads),
                    isPortable: portable == 1))
        case 2:
            guard let reason = reader.takeText() else { return nil }
            self = .unfit(reason)
        case 3:
            guard let row = TaskRow(&reader) else { return nil }
            self = .result(row)
        case 4:
            guard let task = reader.take(UInt64.self), task < WireFormat.taskLimit,
                let kind = reader.take(UInt8.self).flatMap(FailureClass.init(rawValue:)),
                let message = reader.takeText()
            else { return nil }
            self = .failed(task: Int(task), kind, message)
        case 5:
            guard let task = reader.take(UInt64.self), task < WireFormat.taskLimit, let fraction = reader.takeDouble()
            else { return nil }
            self = .progress(task: Int(task), fraction: fraction)
        case 6:
            guard let task = reader.take(UInt64.self), task < WireFormat.taskLimit else { return nil }
            self = .interrupted(task: Int(task))
        case 7:
            guard let task = reader.take(UInt64.self), task < WireFormat.taskLimit,
                let digest = reader.takeDigest(), let byteCount = reader.take(UInt64.self),
                byteCount <= UInt64(CheckpointFile.sizeLimit)
            else { return nil }
            self = .checkpoint(task: Int(task), digest, byteCount: Int(byteCount))
        case 11:
            guard let task = reader.take(UInt64.self), task < WireFormat.taskLimit else { return nil }
            self = .skipped(task: Int(task))
        default: return nil
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.frame { frame in
            switch self {
            case .ready(let numerics):
                frame.append(UInt8(1))
                frame.append(numerics.openBLAS)
                frame.append(numerics.kernels)
                frame.append(numerics.libc)
                frame.append(UInt32(clamping: numerics.blasThreads))
                frame.append(UInt8(numerics.isPortable ? 1 : 0))
            case .unfit(let reason):
                frame.append(UInt8(2))
                frame.append(reason)
            case .result(let row):
                frame.append(UInt8(3))
                row.write(to: &frame)
            case .failed(let task, let kind, let message):
                frame.append(UInt8(4))
                frame.append(UInt64(task))
                frame.append(kind.rawValue)
                frame.append(WireFormat.cut(message))
            case .progress(let task, let fraction):
                frame.append(UInt8(5))
                frame.append(UInt64(task))
                frame.append(fraction)
            case .interrupted(let task):
                frame.append(UInt8(6))
                frame.append(UInt64(task))
            case .checkpoint(let task, let digest, let byteCount):
                frame.append(UInt8(7))
                frame.append(UInt64(task))
                frame.append(digest)
                frame.append(UInt64(byteCount))
            case .skipped(let task):
                frame.append(UInt8(11))
                frame.append(UInt64(task))
            }
        }
    }
}

/// One computed task with everything that its shard will say about it.
struct TaskRow: Equatable {
    var task: Int
    var attempt: Int
    /// Seconds of Unix time.
    var started: Double
    var nanoseconds: UInt64
    var result: TaskResult

    init(task: Int, attempt: Int, started: Double, nanoseconds: UInt64, result: TaskResult) {
        self.task = task
        self.attempt = attempt
        self.started = started
        self.nanoseconds = nanoseconds
        self.result = result
    }

    func write(to writer: inout ByteWriter) {
        writer.append(UInt64(task))
        writer.append(UInt32(clamping: attempt))
        writer.append(started)
        writer.append(nanoseconds)
        writer.append(result.status.rawValue)
        writer.append(UInt32(result.values.count))
        for value in result.values { writer.append(value) }
        writer.append(UInt32(result.lengths.count))
        for length in result.lengths { writer.append(UInt32(clamping: length)) }
    }

    /// Nil when the bytes are damaged.
    init?(_ reader: inout ByteReader) {
        guard let task = reader.take(UInt64.self), task < WireFormat.taskLimit, let attempt = reader.take(UInt32.self),
            let started = reader.takeDouble(), let nanoseconds = reader.take(UInt64.self),
            let status = reader.take(UInt8.self).flatMap(TaskStatus.init(rawValue:)),
            let valueCount = reader.take(UInt32.self), reader.remaining >= 8 * Int(valueCount)
        else { return nil }
        var result = TaskResult(status: status, values: [], lengths: [])
        result.values.reserveCapacity(Int(valueCount))
        for _ in 0..<valueCount { result.values.append(reader.takeDouble() ?? .nan) }
        guard let lengthCount = reader.take(UInt32.self), reader.remaining >= 4 * Int(lengthCount) else { return nil }
        for _ in 0..<lengthCount { result.lengths.append(Int(reader.take(UInt32.self) ?? 0)) }
        self.init(
            task: Int(task), attempt: Int(attempt), started: started, nanoseconds: nanoseconds, result: result)
    }
}
