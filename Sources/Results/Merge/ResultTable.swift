internal import Foundation
internal import SweepGrid

/// The results of all tasks as records of fixed size in a scratch file, so that memory does not grow with the grid.
///
/// A record is status (1 byte), whether results differ (1 byte, 2 unused), source (4 bytes), lengths (4 bytes each, padded to 8), values (8 bytes each),
/// at task number times record size. The file is removed as soon as it is open, so that nothing is left after a crash.
final class ResultTable {
    /// What adding a result did.
    enum Outcome {
        case added, same, ignored
        /// The task has another result already, from the source given; it counts as failed. Others may have differed before.
        case conflict(with: Int, isFirst: Bool)
    }

    /// Records of consecutive tasks in columns.
    struct Records {
        var statuses: [TaskStatus] = []
        var values: [Double] = []
        var lengths: [Int32] = []
    }

    private let output: String
    private let descriptor: Int32
    private let taskCount: Int
    private let width: Int
    private let arrays: Int
    private let valuesOffset: Int
    private let recordSize: Int

    /// One block of records in memory: shards hold neighbouring tasks, so most records fall into it.
    private var block: [UInt8]
    private let recordsPerBlock: Int
    private var blockIndex = -1
    private var blockIsDirty = false

    init(design: Design, beside output: String) throws(StorageError) {
        self.output = output
        let path = Disk.temporaryName(beside: output + ".scratch")
        taskCount = design.taskCount
        width = design.schema.width
        arrays = design.schema.arrayCount
        valuesOffset = 8 + (4 * arrays + 7) / 8 * 8
        recordSize = valuesOffset + 8 * width
        let blockSize = 256 * 1024
        recordsPerBlock = max(1, min(taskCount, blockSize / recordSize))
        block = [UInt8](repeating: 0, count: recordsPerBlock * recordSize)
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StorageError(path: output, cannot: "written", errno: errno) }
        unlink(path)
        guard ftruncate(descriptor, off_t(taskCount * recordSize)) == 0 else {
            throw StorageError(path: output, cannot: "written", errno: errno)
        }
    }

    deinit { close(descriptor) }

    /// Bytes of a record.
    var bytesPerTask: Int { recordSize }

    /// Adds one row of a shard under a task number; `source` says where it came from, for naming conflicts.
    ///
    /// A result (ok, diverged) is kept above the statement that there is none (failed above cancelled), whatever the order.
    func add(_ row: Int, of shard: Shard, as task: Int, source: Int) throws(StorageError) -> Outcome {
        try load(task / recordsPerBlock)
        let outcome = block.withUnsafeMutableBytes { block -> Outcome in
            let record = UnsafeMutableRawBufferPointer(
                rebasing: block[task % recordsPerBlock * recordSize..<(task % recordsPerBlock + 1) * recordSize])
            let old = TaskStatus(rawValue: record[0]) ?? .missing
            let new = shard.statuses[row]
            if new.rank < old.rank { return .ignored }
            if new.rank == old.rank {
                if isEqual(record, to: row, of: shard) { return .same }
                defer { record[1] = 1 }
                return .conflict(
                    with: Int(record.loadUnaligned(fromByteOffset: 4, as: UInt32.self)), isFirst: record[1] == 0)
            }
            fill(record, with: row, of: shard, source: source)
            return .added
        }
        switch outcome {
        case .added, .conflict: blockIsDirty = true
        case .same, .ignored: break
        }
        return outcome
    }

    /// Notes that tasks have no result and why, where none was added; `status` is failed or cancelled.
    func mark(_ tasks: Range<Int>, as status: TaskStatus) throws(StorageError) {
        for task in tasks {
            try load(task / recordsPerBlock)
            let start = task % recordsPerBlock * recordSize
            let old = TaskStatus(rawValue: block[start]) ?? .missing
            guard old.rank < status.rank else { continue }
            block[start] = status.rawValue
            block.withUnsafeMutableBytes { block in
                for offset in stride(from: 4, to: valuesOffset, by: 4) {
                    block.storeBytes(of: 0, toByteOffset: start + offset, as: UInt32.self)
                }
                for column in 0..<width {
                    block.storeBytes(
                        of: canonical(.nan).bitPattern, toByteOffset: start + valuesOffset + 8 * column, as: UInt64.self
                    )
                }
            }
            blockIsDirty = true
        }
    }

    /// The records of consecutive tasks.
    func read(_ tasks: Range<Int>) throws(StorageError) -> Records {
        try flush()
        var bytes = [UInt8](repeating: 0, count: tasks.count * recordSize)
        try transfer(&bytes, at: tasks.lowerBound * recordSize, writing: false)
        var records = Records()
        records.statuses.reserveCapacity(tasks.count)
        records.values.reserveCapacity(tasks.count * width)
        bytes.withUnsafeBytes { bytes in
            for index in 0..<tasks.count {
                let start = index * recordSize
                let isDisputed = bytes[start + 1] != 0
                records.statuses.append(isDisputed ? .failed : TaskStatus(rawValue: bytes[start]) ?? .missing)
                let isMissing = bytes[start] == 0 || isDisputed
                for array in 0..<arrays {
                    let length = bytes.loadUnaligned(fromByteOffset: start + 8 + 4 * array, as: Int32.self)
                    records.lengths.append(isDisputed ? 0 : length)
                }
                for column in 0..<width {
                    let value = bytes.loadUnaligned(fromByteOffset: start + valuesOffset + 8 * column, as: Double.self)
                    records.values.append(isMissing ? canonical(.nan) : value)
                }
            }
        }
        return records
    }

    // MARK: Records

    private func fill(_ record: UnsafeMutableRawBufferPointer, with row: Int, of shard: Shard, source: Int) {
        record[0] = shard.statuses[row].rawValue
        record.storeBytes(of: UInt32(source), toByteOffset: 4, as: UInt32.self)
        for array in 0..<arrays {
            record.storeBytes(
                of: Int32(clamping: shard.lengths[row * arrays + array]), toByteOffset: 8 + 4 * array, as: Int32.self)
        }
        for column in 0..<width {
            record.storeBytes(
                of: value(column, in: row, of: shard), toByteOffset: valuesOffset + 8 * column, as: UInt64.self)
        }
    }

    private func isEqual(_ record: UnsafeMutableRawBufferPointer, to row: Int, of shard: Shard) -> Bool {
        // Nothing is measured where there is no result, so such rows agree.
        if shard.statuses[row].rank < TaskStatus.ok.rank { return true }
        if record[0] != shard.statuses[row].rawValue { return false }
        for array in 0..<arrays {
            let length = record.loadUnaligned(fromByteOffset: 8 + 4 * array, as: Int32.self)
            if length != Int32(clamping: shard.lengths[row * arrays + array]) { return false }
        }
        for column in 0..<width {
            let bits = record.loadUnaligned(fromByteOffset: valuesOffset + 8 * column, as: UInt64.self)
            if bits != value(column, in: row, of: shard) { return false }
        }
        return true
    }

    private func value(_ column: Int, in row: Int, of shard: Shard) -> UInt64 {
        let hasResult = shard.statuses[row].rank == TaskStatus.ok.rank
        return hasResult ? shard.values[row * width + column].bitPattern : canonical(.nan).bitPattern
    }

    // MARK: Blocks

    private func load(_ index: Int) throws(StorageError) {
        guard index != blockIndex else { return }
        try flush()
        try transfer(&block, at: index * recordsPerBlock * recordSize, writing: false)
        blockIndex = index
    }

    private func flush() throws(StorageError) {
        guard blockIsDirty else { return }
        try transfer(&block, at: blockIndex * recordsPerBlock * recordSize, writing: true)
        blockIsDirty = false
    }

    /// Reads or writes all bytes at an offset; what lies beyond the end of the file is neither.
    private func transfer(_ bytes: inout [UInt8], at offset: Int, writing: Bool) throws(StorageError) {
        let count = min(bytes.count, taskCount * recordSize - offset)
        var done = 0
        while done < count {
            let moved = bytes.withUnsafeMutableBytes { buffer in
                let base = buffer.baseAddress! + done
                return writing
                    ? pwrite(descriptor, base, count - done, off_t(offset + done))
                    : pread(descriptor, base, count - done, off_t(offset + done))
            }
            if moved < 0 && errno == EINTR { continue }
            guard moved > 0 else {
                throw StorageError(path: output, cannot: writing ? "written" : "read", errno: moved < 0 ? errno : EIO)
            }
            done += moved
        }
    }
}

extension TaskStatus {
    /// Which statement about a task prevails over which.
    fileprivate var rank: Int {
        switch self {
        case .missing, .notInGrid: 0
        case .cancelled: 1
        case .failed: 2
        case .ok, .diverged: 3
        }
    }
}
