internal import Dispatch
internal import Glibc
import Scheduling
internal import Synchronization

/// The orders of an agent, read by a thread of their own.
///
/// That thread ends the process as soon as the agent closes the socket, whatever the task does.
final class SlotInbox: Sendable {
    private struct State {
        var orders: [SlotOrder] = []
        var limit: UInt64?
        var runningTask = 0
        var runningAttempt = 0
        var runningSince: UInt64?
        /// What the running task last said of itself, until the agent was told.
        var unsentProgress: Double?
        var progressSent: UInt64 = 0
        /// Tasks that are not to be started, under the attempt that was cancelled.
        var cancelled: Set<TaskRun> = []
    }

    /// The agent is told how far a task is at most this often.
    ///
    /// Doubled: progress is shown later, and a hanging task is noticed later. Halved: more messages.
    private static let progressInterval: UInt64 = 250_000_000

    private let socket: Int32
    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)
    private let stopping = Atomic(false)
    private let isTaskInterrupted = Atomic(false)

    init(socket: Int32) { self.socket = socket }

    /// Begins to read.
    func start(_ outbox: SlotOutbox) {
        DispatchQueue(label: "orders").async { self.read(outbox) }
    }

    /// The next order, as soon as there is one.
    func next() -> SlotOrder {
        // Whatever was cancelled and is not among the orders has been computed.
        state.withLock { state in if state.orders.isEmpty { state.cancelled = [] } }
        arrived.wait()
        return state.withLock { $0.orders.removeFirst() }
    }

    var hasOrders: Bool { state.withLock { !$0.orders.isEmpty } }

    /// Whether the agent wants the slot to end.
    var isEnding: Bool { stopping.load(ordering: .relaxed) }

    /// Whether the running task should end early: it was interrupted or cancelled, or the slot is to end.
    var isTaskStopping: Bool { isEnding || isTaskInterrupted.load(ordering: .relaxed) }

    /// Takes what the running task says of itself; the thread that reads passes it on in its own time.
    func report(progress: Double) {
        guard progress >= 0 else { return }
        state.withLock { $0.unsentProgress = min(progress, 1) }
    }

    /// Lets tasks know that they may take so many seconds; the agent ends those that take longer.
    func limitTasks(to seconds: Double?) {
        state.withLock { $0.limit = seconds.map { UInt64(min(max($0, 1e-3), 1e9) * 1e9) } }
    }

    /// Notes that a task starts; false when it was cancelled and must not.
    func start(_ task: Int, attempt: Int, at nanoseconds: UInt64) -> Bool {
        state.withLock {
            guard $0.cancelled.isEmpty || $0.cancelled.remove(TaskRun(task..<task + 1, attempt: attempt)) == nil else {
                return false
            }
            $0.runningTask = task
            $0.runningAttempt = attempt
            $0.runningSince = nanoseconds
            return true
        }
    }

    func taskEnded() {
        state.withLock {
            $0.runningSince = nil
            $0.unsentProgress = nil
            isTaskInterrupted.store(false, ordering: .relaxed)
        }
    }

    /// Stops the running task if it is among `runs`, and keeps the others from starting.
    private func cancel(_ runs: [TaskRun]) {
        state.withLock { state in
            for run in runs {
                for task in run.tasks {
                    if state.runningSince != nil, task == state.runningTask, run.attempt == state.runningAttempt {
                        isTaskInterrupted.store(true, ordering: .relaxed)
                    } else {
                        state.cancelled.insert(TaskRun(task..<task + 1, attempt: run.attempt))
                    }
                }
            }
        }
    }

    /// The time left to the running task; nil without a limit.
    var remainingTime: Duration? {
        state.withLock { state in
            guard let limit = state.limit, let since = state.runningSince else { return nil }
            let spent = Clock.nanoseconds() - since
            return .nanoseconds(Int64(clamping: limit) - Int64(clamping: spent))
        }
    }

    private func read(_ outbox: SlotOutbox) {
        var buffer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var item = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            if poll(&item, 1, 100) <= 0 {
                // What was computed does not wait for the end of a long task.
                sendProgress(outbox)
                outbox.flush()
                continue
            }
            let count = Glibc.read(socket, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { Slot.end(0) }
            buffer.append(contentsOf: piece[..<count])
            buffer.removeFirst(take(buffer))
            sendProgress(outbox)
        }
    }

    /// Takes the whole orders; the number of bytes they had.
    private func take(_ buffer: [UInt8]) -> Int {
        buffer.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            while let frame = reader.takeFrame() {
                // Damaged orders of the same executable cannot be; if they are, the slot is of no use.
                guard let order = SlotOrder(frame) else { Slot.end(3) }
                if case .interrupt(let task) = order {
                    state.withLock { state in
                        guard state.runningSince != nil, state.runningTask == task else { return }
                        isTaskInterrupted.store(true, ordering: .relaxed)
                    }
                    continue
                }
                if case .cancel(let runs) = order {
                    cancel(runs)
                    continue
                }
                if order == .stop { stopping.store(true, ordering: .relaxed) }
                state.withLock { $0.orders.append(order) }
                arrived.signal()
            }
            return reader.position
        }
    }

    private func sendProgress(_ outbox: SlotOutbox) {
        let now = Clock.nanoseconds()
        let answer: SlotAnswer? = state.withLock { state in
            guard let fraction = state.unsentProgress, now &- state.progressSent >= Self.progressInterval else {
                return nil
            }
            state.unsentProgress = nil
            state.progressSent = now
            return .progress(task: state.runningTask, fraction: fraction)
        }
        if let answer { outbox.append(answer) }
    }
}
