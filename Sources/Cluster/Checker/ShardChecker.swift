internal import Foundation
internal import Results
internal import Scheduling
internal import SweepGrid

/// A checker: a long-lived child process of a coordinator that opens shards, so that a file that breaks or stops the HDF5
/// library takes nothing else with it.
///
/// It reads requests from a socket and answers each. It ends when its coordinator closes the socket or is gone, when it
/// needs more memory than it may have, and when a request takes much longer than the coordinator waits for it.
public enum ShardChecker {
    static let socketDescriptor: Int32 = 3

    /// The address space of a checker.
    ///
    /// Doubled: an evil shard takes more memory from the coordinator's host. Halved: shards of the largest size that a
    /// worker writes may not fit.
    private static let memoryLimit: UInt = 4 << 30

    /// Whether this is a build with a sanitizer: these reserve terabytes of addresses, so that no limit can hold.
    private static var hasSanitizer: Bool { dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil }

    /// Checks until the coordinator is gone: the hidden command `phasemap check-shards`.
    ///
    /// - Parameter inspect: sees the path of each shard before it is opened; tests do something evil there.
    public static func main(inspect: (String) -> Void = { _ in }) -> Never {
        guard fcntl(socketDescriptor, F_GETFD) >= 0 else {
            FileHandle.standardError.write(
                Data("phasemap check-shards is started by a coordinator, not by hand\n".utf8))
            exit(2)
        }
        // Ctrl-C and a batch system's TERM reach the whole group; the coordinator decides when it needs no checker.
        signal(SIGINT, SIG_IGN)
        signal(SIGTERM, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        if !hasSanitizer {
            var memory = rlimit(rlim_cur: rlim_t(memoryLimit), rlim_max: rlim_t(memoryLimit))
            setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &memory)
        }
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)

        var loop = Loop(socket: FrameSocket(socketDescriptor))
        while let frame = loop.socket.receive(within: nil), let request = frame.withUnsafeBytes(CheckerRequest.init) {
            // Without a coordinator nobody else would end a request that hangs.
            alarm(request.isLong ? 600 : 120)
            let answer = loop.answer(request, inspect)
            alarm(0)
            var writer = ByteWriter()
            answer.write(to: &writer)
            guard loop.socket.send(writer.bytes) else { break }
        }
        exit(0)
    }

    /// What a checker remembers between requests.
    private struct Loop {
        let socket: FrameSocket
        var reader: ShardReader?
        var design: Design?

        mutating func answer(_ request: CheckerRequest, _ inspect: (String) -> Void) -> CheckerAnswer {
            do throws(StorageError) {
                switch request {
                case .open(let path):
                    let run = try FrozenRun(json: try Disk.read(path, limit: 1 << 30), name: path)
                    design = run.design
                    reader = ShardReader(design: run.design)
                    return .ready
                case .check(let path, let digest):
                    let bytes = try Disk.read(path, limit: Shard.largestFile)
                    inspect(path)
                    return check(bytes, digest)
                case .compact(let shards, let directory, let path):
                    return try compact(shards, directory, path)
                }
            } catch {
                return .unreadable("\(error)")
            }
        }

        private mutating func check(_ bytes: [UInt8], _ digest: Digest) -> CheckerAnswer {
            do throws(StorageError) {
                guard let shard = try reader?.verify(bytes, digest: digest, name: SealedShard.name(digest)) else {
                    return .unreadable("the checker has no run")
                }
                guard let contents = ShardContents(of: shard, digest) else {
                    return .refused("the shard does not hold its tasks in order")
                }
                return .sound(contents, from: [digest])
            } catch {
                return .refused("\(error)")
            }
        }

        private mutating func compact(_ shards: [Digest], _ directory: String, _ path: String) throws(StorageError)
            -> CheckerAnswer
        {
            guard let design, reader != nil else { return .unreadable("the checker has no run") }
            var compaction = ShardCompaction(design: design)
            for digest in shards {
                let file = directory + "/" + SealedShard.name(digest)
                let shard: Shard?
                do throws(StorageError) { shard = try reader?.read(file) } catch { return .unsound(digest, "\(error)") }
                guard let shard, compaction.add(shard, digest) else { break }
            }
            guard let (bytes, digest) = try compaction.encoded() else { return .refused("nothing fits together") }
            guard case .sound(let contents, _) = check(bytes, digest) else {
                return .refused("the compacted shard is not sound")
            }
            try Disk.writeAtomically(bytes, to: path)
            return .sound(contents, from: compaction.digests)
        }
    }
}

extension CheckerRequest {
    /// Whether it reads many files.
    var isLong: Bool { if case .compact = self { true } else { false } }
}

extension ShardContents {
    /// The tasks of a shard and the fingerprints of their results; nil unless the tasks ascend.
    init?(of shard: Shard, _ digest: Digest) {
        var ranges: [Range<Int>] = []
        var fingerprints: [UInt64] = []
        fingerprints.reserveCapacity(shard.count)
        for (row, task) in shard.tasks.enumerated() {
            if let last = ranges.last, last.upperBound == task {
                ranges[ranges.count - 1] = last.lowerBound..<task + 1
            } else {
                if let last = ranges.last, last.upperBound > task { return nil }
                ranges.append(task..<task + 1)
            }
            fingerprints.append(shard.result(row).digest().firstWord)
        }
        self.init(digest: digest, tasks: ranges, fingerprints: fingerprints)
    }
}
