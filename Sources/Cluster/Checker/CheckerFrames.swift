internal import Scheduling
internal import SweepGrid

/// What a coordinator asks its checker: length-prefixed frames. Both ends are the same executable, so there is no version.
enum CheckerRequest: Equatable {
    /// Read the frozen run at this path; answered by `.ready` or `.unreadable`.
    case open(String)
    /// Verify the file at this path, which should have this SHA-256.
    case check(String, Digest)
    /// Write the results of these shards of a directory into one new file, as many of them as fit.
    case compact([Digest], directory: String, into: String)

    func write(to writer: inout ByteWriter) {
        writer.frame { frame in
            switch self {
            case .open(let path):
                frame.append(UInt8(1))
                frame.append(path)
            case .check(let path, let digest):
                frame.append(UInt8(2))
                frame.append(path)
                frame.append(digest)
            case .compact(let shards, let directory, let path):
                frame.append(UInt8(3))
                frame.append(directory)
                frame.append(path)
                for shard in shards { frame.append(shard) }
            }
        }
    }

    /// Nil when the frame is damaged.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        switch reader.take(UInt8.self) {
        case 1:
            guard let path = reader.takeText() else { return nil }
            self = .open(path)
        case 2:
            guard let path = reader.takeText(), let digest = reader.takeDigest() else { return nil }
            self = .check(path, digest)
        case 3:
            guard let directory = reader.takeText(), let path = reader.takeText() else { return nil }
            var shards: [Digest] = []
            while reader.remaining > 0 {
                guard let shard = reader.takeDigest() else { return nil }
                shards.append(shard)
            }
            self = .compact(shards, directory: directory, into: path)
        default: return nil
        }
    }
}

/// What a checker answers, one answer to each request.
enum CheckerAnswer: Equatable {
    /// The run is read.
    case ready
    /// The file is a sound shard with these results, or was written as one with so many bytes out of these shards.
    case sound(ShardContents, from: [Digest])
    /// The file is no shard of the run.
    case refused(String)
    /// This shard, one of several, cannot be read or is not sound.
    case unsound(Digest, String)
    /// The disk failed; the same request may succeed later.
    case unreadable(String)

    func write(to writer: inout ByteWriter) {
        writer.frame { frame in
            switch self {
            case .ready: frame.append(UInt8(1))
            case .sound(let contents, let shards):
                frame.append(UInt8(2))
                frame.append(contents.digest)
                frame.append(UInt32(clamping: shards.count))
                for shard in shards { frame.append(shard) }
                frame.append(UInt32(clamping: contents.tasks.count))
                for range in contents.tasks {
                    frame.append(UInt32(clamping: range.lowerBound))
                    frame.append(UInt32(clamping: range.count))
                }
                for fingerprint in contents.fingerprints { frame.append(fingerprint) }
            case .refused(let reason):
                frame.append(UInt8(3))
                frame.append(reason)
            case .unsound(let digest, let reason):
                frame.append(UInt8(5))
                frame.append(digest)
                frame.append(reason)
            case .unreadable(let reason):
                frame.append(UInt8(4))
                frame.append(reason)
            }
        }
    }

    /// Nil when the frame is damaged: an evil shard may have damaged the process that wrote it.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        switch reader.take(UInt8.self) {
        case 1: self = .ready
        case 2:
            guard let digest = reader.takeDigest(), let count = reader.take(UInt32.self), count <= reader.remaining / 32
            else { return nil }
            var shards: [Digest] = []
            for _ in 0..<count {
                guard let shard = reader.takeDigest() else { return nil }
                shards.append(shard)
            }
            guard let contents = reader.takeContents(digest) else { return nil }
            self = .sound(contents, from: shards)
        case 3:
            guard let reason = reader.takeText() else { return nil }
            self = .refused(reason)
        case 4:
            guard let reason = reader.takeText() else { return nil }
            self = .unreadable(reason)
        case 5:
            guard let digest = reader.takeDigest(), let reason = reader.takeText() else { return nil }
            self = .unsound(digest, reason)
        default: return nil
        }
    }
}

extension ByteReader {
    /// Ranges and fingerprints; nil unless they ascend, agree in number and end with the frame.
    fileprivate mutating func takeContents(_ digest: Digest) -> ShardContents? {
        guard let count = take(UInt32.self), count <= remaining / 8 else { return nil }
        var tasks: [Range<Int>] = []
        for _ in 0..<count {
            guard let first = take(UInt32.self), let length = take(UInt32.self), length > 0,
                Int(first) >= tasks.last?.upperBound ?? 0
            else { return nil }
            tasks.append(Int(first)..<Int(first) + Int(length))
        }
        let total = tasks.reduce(0) { $0 + $1.count }
        guard remaining == 8 * total else { return nil }
        var fingerprints: [UInt64] = []
        fingerprints.reserveCapacity(total)
        while let word = take(UInt64.self) { fingerprints.append(word) }
        return ShardContents(digest: digest, tasks: tasks, fingerprints: fingerprints)
    }
}
