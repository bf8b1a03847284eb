internal import Dispatch
internal import Glibc
internal import Synchronization

/// A log file of bounded size: when it is full it becomes the first of a few old generations.
///
/// A thread of its own writes, so that nobody waits for the disk; a writer that is ahead is told to wait.
final class RotatedFile: Sendable {
    private struct State {
        var file: Int32 = -1
        var size = 0
    }

    /// Generations kept beside the newest file: `name.1` is the youngest of them.
    static let generations = 3

    let path: String
    private let limit: Int
    private let queue = DispatchQueue(label: "log")
    private let state = Mutex(State())
    private let waiting = Atomic(0)

    /// A log at `path`, made with its directory when the first byte comes.
    ///
    /// - Parameter limit: the bytes of one generation.
    init(_ path: String, limit: Int = 1 << 20) {
        self.path = path
        self.limit = max(1, limit)
    }

    deinit { state.withLock { if $0.file >= 0 { close($0.file) } } }

    /// Whether so much waits for the disk that nothing more should be given.
    var isBusy: Bool { waiting.load(ordering: .relaxed) > 1 << 20 }

    /// Appends bytes, some time later; what a disk does not take is lost.
    func append(_ bytes: [UInt8]) {
        waiting.add(bytes.count, ordering: .relaxed)
        queue.async { [self] in
            write(bytes)
            waiting.subtract(bytes.count, ordering: .relaxed)
        }
    }

    /// Waits until everything given is written.
    func finish() { queue.sync {} }

    private func write(_ bytes: [UInt8]) {
        state.withLock { state in
            var rest = bytes[...]
            while !rest.isEmpty {
                if state.size >= limit { rotate(&state) }
                if state.file < 0, !open(&state) { return }
                let piece = rest.prefix(limit - state.size)
                let count = piece.withUnsafeBytes { Glibc.write(state.file, $0.baseAddress, $0.count) }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                state.size += count
                rest = rest.dropFirst(count)
            }
        }
    }

    private func open(_ state: inout State, mayRotate: Bool = true) -> Bool {
        if let slash = path.lastIndex(of: "/") { mkdir(String(path[..<slash]), 0o777) }
        state.file = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard state.file >= 0 else { return false }
        state.size = Int(max(0, lseek(state.file, 0, SEEK_END)))
        guard state.size >= limit else { return true }
        guard mayRotate else {
            // It cannot be renamed: better to begin anew than to fill the disk.
            ftruncate(state.file, 0)
            state.size = 0
            return true
        }
        rotate(&state)
        return open(&state, mayRotate: false)
    }

    private func rotate(_ state: inout State) {
        close(state.file)
        state.file = -1
        state.size = 0
        for number in stride(from: Self.generations, to: 1, by: -1) {
            rename("\(path).\(number - 1)", "\(path).\(number)")
        }
        rename(path, path + ".1")
    }
}
