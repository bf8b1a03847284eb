internal import Glibc

/// The processes that a task started and left behind.
///
/// Slots, and agents with a process of their own, are subreapers: whatever their tasks start, however it detaches itself, becomes their child when the
/// processes between are gone. So killing one's unknown children again and again ends all descendants.
enum Orphans {
    /// Kills and reaps the children of this process that are not in `known`; false when none is left.
    ///
    /// Call it until it says so: the children of a killed one come next.
    static func sweep(except known: Set<pid_t> = []) -> Bool {
        var found = false
        for child in children() where !known.contains(child) {
            found = true
            kill(child, SIGKILL)
            var status: Int32 = 0
            _ = waitpid(child, &status, WNOHANG)
        }
        return found
    }

    /// Sweeps until nothing is left, for at most about two seconds.
    static func sweepAll(except known: Set<pid_t> = []) {
        for _ in 0..<1000 {
            guard sweep(except: known) else { return }
            usleep(2_000)
        }
    }

    /// The children of this process, zombies included, whichever thread has them.
    static func children() -> [pid_t] {
        let me = getpid()
        let threads = names(in: "/proc/self/task")
        var children: [pid_t] = []
        var isKnown = false
        for thread in threads {
            guard let text = SmallFile.read("/proc/self/task/\(thread)/children") else { continue }
            isKnown = true
            children += text.split(separator: " ").compactMap { pid_t($0) }
        }
        if isKnown { return children }
        // A kernel without these lists: look at everybody's parent.
        return names(in: "/proc").compactMap { pid_t($0) }.filter { parent(of: $0) == me }
    }

    private static func parent(of process: pid_t) -> pid_t? {
        guard let stat = SmallFile.read("/proc/\(process)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[end...].split(separator: " ")
        return fields.count > 2 ? pid_t(fields[2]) : nil
    }

    private static func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.first?.isNumber == true { names.append(name) }
        }
        return names
    }
}

/// Files of the kernel: short, and read in one piece.
enum SmallFile {
    /// The text of a file; nil when it is not there.
    static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count < 1 << 20 {
            let count = Glibc.read(file, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
