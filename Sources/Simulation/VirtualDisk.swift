import Scheduling
import SweepGrid

/// A disk that keeps what was synced: a loss of power takes any of the rest.
///
/// Writes, `fsync` of a file, a rename, `fsync` of the directory, the append of journal rows and their commit are separate steps.
/// Whoever is killed loses nothing that he wrote; a loss of power drops each unsynced write, torn or whole, each unsynced
/// rename, and each uncommitted transaction of the journal, as chance has it.
struct VirtualDisk {
    /// The name of a file in the directory of the shards.
    enum Name: Hashable {
        case temporary(Digest)
        case shard(Digest)
        case checkpoint(Digest)
    }

    /// A row of the journal.
    struct Row: Hashable {
        let fact: Fact
        let instant: Instant
    }

    /// What a loss of power took.
    struct Loss {
        var writes = 0
        var renames = 0
        var transactions = 0
    }

    private struct File {
        /// The bytes as every process sees them.
        var bytes: [UInt8] = []
        /// The bytes that survive for certain.
        var synced: [UInt8] = []
        var unsynced: [(offset: Int, bytes: [UInt8])] = []
    }

    private enum Change {
        case create(Name, file: Int)
        case rename(Name, Name, file: Int)
        case remove(Name)
    }

    private var files: [File] = []
    private var names: [Name: Int] = [:]
    private var syncedNames: [Name: Int] = [:]
    private var changes: [Change] = []
    /// The journal as the running coordinator sees it, by transactions.
    private var transactions: [[Row]] = []
    private var syncedTransactions = 0

    /// All rows of the journal.
    var journal: [Row] { transactions.flatMap { $0 } }

    /// How many rows of the journal survive a loss of power for certain.
    var syncedRowCount: Int { transactions.prefix(syncedTransactions).reduce(0) { $0 + $1.count } }

    /// The digests of the files under their final names, in order.
    var shards: [Digest] {
        names.keys.compactMap { if case .shard(let digest) = $0 { digest } else { nil } }
            .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// The digests of the checkpoints, in order.
    var checkpoints: [Digest] {
        names.keys.compactMap { if case .checkpoint(let digest) = $0 { digest } else { nil } }
            .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// The bytes of a file; nil when there is none of this name.
    func read(_ name: Name) -> [UInt8]? { names[name].map { files[$0].bytes } }

    /// Writes bytes at an offset of a file, which is made if need be.
    mutating func write(_ bytes: [UInt8], at offset: Int, of name: Name) {
        let file = names[name] ?? create(name)
        files[file].unsynced.append((offset, bytes))
        files[file].bytes.put(bytes, at: offset)
    }

    private mutating func create(_ name: Name) -> Int {
        files.append(File())
        names[name] = files.count - 1
        changes.append(.create(name, file: files.count - 1))
        return files.count - 1
    }

    /// Makes the bytes of a file durable, but not its name.
    mutating func sync(_ name: Name) {
        guard let file = names[name] else { return }
        files[file].synced = files[file].bytes
        files[file].unsynced = []
    }

    /// Renames a file; false when there is none of this name.
    mutating func rename(_ name: Name, to other: Name) -> Bool {
        guard let file = names.removeValue(forKey: name) else { return false }
        names[other] = file
        changes.append(.rename(name, other, file: file))
        return true
    }

    mutating func remove(_ name: Name) {
        guard names.removeValue(forKey: name) != nil else { return }
        changes.append(.remove(name))
    }

    /// Makes all names durable.
    mutating func syncDirectory() {
        syncedNames = names
        changes = []
    }

    /// Deletes what a coordinator that died left half received.
    mutating func removeTemporaryFiles() {
        for name in names.keys.sorted(by: { "\($0)" < "\($1)" }) { if case .temporary = name { remove(name) } }
    }

    /// Writes rows as one transaction, which is not durable yet.
    mutating func append(_ facts: [Fact], at instant: Instant) {
        transactions.append(facts.map { Row(fact: $0, instant: instant) })
    }

    /// Makes all transactions durable.
    mutating func syncJournal() { syncedTransactions = transactions.count }

    /// Loses the last transaction, as no sound program does.
    mutating func forgetLastTransaction() {
        _ = transactions.popLast()
        syncedTransactions = min(syncedTransactions, transactions.count)
    }

    /// Takes the power away: what was not synced survives or not, as chance has it.
    mutating func losePower(using stream: inout RandomStream) -> Loss {
        var loss = Loss()
        for file in files.indices {
            var bytes = files[file].synced
            for write in files[file].unsynced {
                // Whole, not at all, or torn.
                let kept = [write.bytes.count, 0, Int.random(in: 0...write.bytes.count, using: &stream)]
                let count = kept[Int.random(in: 0..<3, using: &stream)]
                if count < write.bytes.count { loss.writes += 1 }
                bytes.put(Array(write.bytes.prefix(count)), at: write.offset)
            }
            files[file] = File(bytes: bytes, synced: bytes)
        }
        for change in changes {
            guard Bool.random(using: &stream) else {
                if case .rename = change { loss.renames += 1 }
                continue
            }
            switch change {
            case .create(let name, let file): syncedNames[name] = file
            case .rename(let old, let new, let file):
                syncedNames[old] = nil
                syncedNames[new] = file
            case .remove(let name): syncedNames[name] = nil
            }
        }
        names = syncedNames
        changes = []
        // The frames of a transaction follow those of the one before: what comes after a lost one is lost too.
        let kept = Int.random(in: syncedTransactions...transactions.count, using: &stream)
        loss.transactions = transactions.count - kept
        transactions.removeSubrange(kept...)
        syncedTransactions = kept
        return loss
    }
}

extension [UInt8] {
    /// Puts bytes at an offset; what lies between the end and the offset becomes zero.
    fileprivate mutating func put(_ bytes: [UInt8], at offset: Int) {
        guard !bytes.isEmpty else { return }
        let end = offset + bytes.count
        if count < end { self += [UInt8](repeating: 0, count: end - count) }
        replaceSubrange(offset..<end, with: bytes)
    }
}
