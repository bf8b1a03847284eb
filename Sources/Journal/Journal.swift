internal import Foundation
internal import GRDB
package import Scheduling
package import SweepGrid
internal import Synchronization

/// The durable, ordered log of facts of a run, open for one coordinator.
///
/// Facts are appended in transactions that are on the disk when `append` returns. No row is ever changed. All methods may be
/// called from any thread; they block for as long as the disk takes.
package final class Journal: Sendable {
    /// The file.
    package let path: String

    private let state: Mutex<State>
    private let clock: @Sendable () -> Int

    private struct State: ~Copyable {
        /// Nil after `close`.
        var lock: JournalLock?
        let queue: DatabaseQueue
        var end: ChainEnd
        /// Whether the last transaction failed, so that its outcome must be looked at before the next.
        var isUncertain = false
    }

    /// Something to append.
    package struct Entry: Hashable, Sendable {
        package var content: JournalRecord.Content
        package var instant: Instant

        package init(_ content: JournalRecord.Content, at instant: Instant) {
            self.content = content
            self.instant = instant
        }
    }

    /// Milliseconds of Unix time.
    package static let systemClock: @Sendable () -> Int = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }

    /// Makes an empty journal, durable and closed.
    ///
    /// - Throws: `JournalError` with cause `exists` or `disk`; then no file of that name is left behind.
    package static func create(at path: String, design: Digest) throws(JournalError) {
        guard access(path, F_OK) != 0 else {
            throw JournalError(path, .exists, "is there already", advice: "continue it with 'phasemap resume'")
        }
        do throws(JournalError) {
            try makeTables(path, design)
            try JournalFile.syncDirectory(of: path)
        } catch {
            for ending in JournalFile.endings { unlink(path + ending) }
            throw error
        }
    }

    private static func makeTables(_ path: String, _ design: Digest) throws(JournalError) {
        let file = try JournalFile(writing: path)
        let start = ChainEnd(formatVersion: JournalFile.formatVersion, design: design)
        do {
            try file.queue.write { database in
                for name in JournalFile.schema.keys.sorted() {
                    try database.execute(sql: JournalFile.schema[name] ?? "")
                }
                try database.execute(
                    sql: "INSERT INTO header VALUES (?, ?, ?)",
                    arguments: [JournalFile.formatVersion, Data(design.bytes), Data(start.hash.bytes)])
            }
            // Moves everything into the one file, which may then be renamed with its directory.
            try file.queue.close()
        } catch {
            throw JournalError(path, error, after: 0, cannot: "written")
        }
    }

    /// Opens a journal to go on with its run: takes the lock, verifies every row, and calls `body` with each in order.
    ///
    /// A file that is refused is not changed.
    ///
    /// - Throws: `JournalError`: missing, in use, damaged (with the first bad row), of another run or release, or the disk.
    package init(
        opening path: String, design: Digest, clock: @escaping @Sendable () -> Int = Journal.systemClock,
        _ body: (JournalRecord) -> Void
    ) throws(JournalError) {
        let reader = try JournalReader(path, design: design)
        let lock = try JournalLock(of: path)
        let end = try reader.read(body)
        let queue = try JournalFile(writing: path).queue
        self.path = path
        self.clock = clock
        state = Mutex(State(lock: lock, queue: queue, end: end))
    }

    /// How many rows are durable.
    package var count: Int { state.withLock { $0.end.sequence } }

    /// The run time of the last row; a resumed run's clock starts there.
    package var lastInstant: Instant { state.withLock { $0.end.instant } }

    /// Appends facts of one moment, all of them or none.
    package func append(_ facts: [Fact], at instant: Instant) throws(JournalError) {
        try append(facts.map { Entry(.fact($0), at: instant) })
    }

    /// Appends rows of another journal with the wall times that they have.
    func copy(_ records: [JournalRecord]) throws(JournalError) {
        try write(records.map { (Entry($0.content, at: $0.instant), $0.wallTime) })
    }

    /// Moves everything into the one file, closes it and frees the lock; nothing can be appended any more.
    ///
    /// A journal that is not closed loses nothing; the next opening does the same.
    package func close() throws(JournalError) {
        try state.withLock { state throws(JournalError) in
            do {
                try state.queue.close()
                state.lock = nil
            } catch {
                throw JournalError(path, error, after: state.end.sequence, cannot: "closed")
            }
        }
    }

    /// Appends entries in one transaction, all of them or none; when it returns they survive a loss of power.
    ///
    /// An instant before that of the last row is read as that one.
    ///
    /// - Throws: `JournalError` with cause `disk`; nothing was appended, and the call may be repeated.
    package func append(_ entries: [Entry]) throws(JournalError) {
        let wallTime = clock()
        try write(entries.map { ($0, wallTime) })
    }

    private func write(_ entries: [(Entry, wallTime: Int)]) throws(JournalError) {
        guard !entries.isEmpty else { return }
        try state.withLock { state throws(JournalError) in
            var end = state.end
            do {
                try state.queue.write { database in
                    if state.isUncertain {
                        try database.execute(sql: "DELETE FROM fact WHERE sequence > ?", arguments: [end.sequence])
                    }
                    try Journal.insert(entries, database, &end, path)
                }
            } catch let error as JournalError {
                throw error
            } catch {
                state.isUncertain = true
                throw JournalError(path, error, after: end.sequence, cannot: "written")
            }
            state.end = end
            state.isUncertain = false
        }
    }

    private static func insert(
        _ entries: [(Entry, wallTime: Int)], _ database: Database, _ end: inout ChainEnd, _ path: String
    ) throws {
        let statement = try database.cachedStatement(sql: "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?)")
        for (entry, wallTime) in entries {
            let body = entry.content.body
            guard body.count <= JournalFile.bodyLimit else {
                throw JournalError(path, .tooLarge, "takes no fact of \(body.count) bytes")
            }
            let instant = max(end.instant, entry.instant)
            let kind = entry.content.kind
            let hash = end.extend(instant: instant, wallTime: wallTime, kind: kind, body: body)
            try statement.insert(
                [Int64(end.sequence), instant.nanoseconds, Int64(wallTime), Int64(kind)], body, hash.bytes)
        }
    }
}
