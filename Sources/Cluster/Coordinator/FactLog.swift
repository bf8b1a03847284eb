internal import Glibc
internal import Journal
internal import Results
import Scheduling
internal import Synchronization

/// Facts on their way into the journal: those that came while the disk was busy go into one transaction.
final class FactLog: Sendable {
    private struct State {
        var journal: Journal?
        var waiting: [Journal.Entry] = []
        var durableCount = 0
        var isEnding = false
        /// Whether facts were given up, after which no later one may be written.
        var isBroken = false
        /// Why the disk takes nothing, until it does.
        var trouble: String?
    }

    let log: @Sendable (String) -> Void
    private let post: @Sendable (Int) -> Void
    private let state = Mutex(State())

    /// A log without a journal yet; `post` is told how many facts are durable.
    init(log: @escaping @Sendable (String) -> Void, post: @escaping @Sendable (Int) -> Void) {
        self.log = log
        self.post = post
    }

    /// Why the journal takes nothing at the moment; nil when it does.
    var trouble: String? { state.withLock { $0.trouble } }

    func begin(_ journal: Journal) { state.withLock { $0.journal = journal } }

    func add(_ facts: [Fact], at instant: Instant) {
        state.withLock { state in state.waiting += facts.map { Journal.Entry(.fact($0), at: instant) } }
    }

    /// Takes a row that nothing depends on; it is written with the next facts.
    func add(_ worker: JournalWorker, at instant: Instant) {
        state.withLock { $0.waiting.append(Journal.Entry(.worker(worker), at: instant)) }
    }

    /// Doubled: whoever looks later waits twice as long for the reason. Halved: twice the lines in the log.
    private static let reminderInterval: UInt64 = 60_000_000_000

    /// Writes what waits, on the storage thread; a disk that refuses is tried again until the coordinator ends.
    func write() {
        let (journal, entries) = state.withLock { state in
            defer { state.waiting = [] }
            return (state.isBroken ? nil : state.journal, state.waiting)
        }
        guard let journal, !entries.isEmpty else { return }
        var reminder = UInt64(0)
        while true {
            do throws(JournalError) {
                try journal.append(entries)
                entries.forEach(FactLog.reach)
                break
            } catch {
                let now = Clock.nanoseconds()
                if now >= reminder {
                    log(
                        "the journal takes nothing, the run waits: \(error); it goes on as soon as the disk does, and a second Ctrl-C ends it without: workers keep what they hold"
                    )
                    reminder = now + Self.reminderInterval
                }
                let isOver = state.withLock { state in
                    state.trouble = "the journal takes nothing: \(error)"
                    state.isBroken = state.isEnding
                    return state.isEnding
                }
                if isOver { return }
                usleep(200_000)
            }
        }
        if reminder > 0 { log("the journal takes facts again, the run goes on") }
        post(
            state.withLock { state in
                state.trouble = nil
                state.durableCount += entries.count { if case .fact = $0.content { true } else { false } }
                return state.durableCount
            })
    }

    private static func reach(_ entry: Journal.Entry) {
        switch entry.content {
        case .fact(.shardCommitted): Failpoint.reach("shard-journaled")
        case .fact(.shardsCompacted): Failpoint.reach("compaction-journaled")
        default: break
        }
    }

    /// Tries a disk that refuses no longer.
    func end() { state.withLock { $0.isEnding = true } }

    /// Writes what is left and closes the journal.
    func close() {
        write()
        let journal = state.withLock { state in
            defer { state.journal = nil }
            return state.journal
        }
        do throws(JournalError) { try journal?.close() } catch { log("\(error)") }
    }
}
