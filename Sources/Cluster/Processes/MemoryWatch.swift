internal import Glibc

/// How much memory slots use and the host has left, sampled while tasks run.
///
/// The kernel does not say why it kills a process. A SIGKILL that nobody here sent is put down to memory when the kernel
/// counted a kill for memory since the last sample, or the slot or the host were near their limit at that sample.
struct MemoryWatch {
    /// What the kernel says of the memory of this host, or of the control group that it allots to this worker.
    struct Host: Hashable {
        var available: Int
        var total: Int
        /// The processes that the kernel killed for want of memory, ever.
        var kills: Int
    }

    /// The share of a limit that counts as near it.
    private static let nearLimit = 0.9
    private static let nearTotal = 0.05

    private let group: String?
    private let limit: Int?
    private(set) var host: Host
    /// The last samples of the slots.
    private(set) var slots: [Int: Int] = [:]

    /// A watch for slots that may use so many bytes each.
    init(limit: Int? = nil) {
        self.limit = limit
        group = MemoryWatch.controlGroup()
        host = MemoryWatch.sampleHost(group)
    }

    /// Samples a slot; the bytes that are its own.
    mutating func sample(_ slot: Int, process: Int32) -> Int? {
        guard let text = SmallFile.read("/proc/\(process)/statm") else { return nil }
        let fields = text.split(separator: " ").compactMap { Int($0) }
        guard fields.count > 2 else { return nil }
        // What is shared with others, such as the program itself, frees nothing when the slot ends.
        let bytes = max(0, fields[1] - fields[2]) * Int(sysconf(Int32(_SC_PAGESIZE)))
        slots[slot] = bytes
        return bytes
    }

    /// Samples the host.
    mutating func sampleHost() { host = MemoryWatch.sampleHost(group) }

    /// Why a slot that ended this way seems to have run out of memory; nil when it does not.
    mutating func verdict(on slot: Int, _ end: ProcessEnd) -> String? {
        let before = host
        sampleHost()
        defer { slots[slot] = nil }
        guard end == .signal(Int(SIGKILL)) else { return nil }
        return MemoryWatch.verdict(used: slots[slot], limit: limit, before: before, after: host)
    }

    /// Why a killed process seems to have run out of memory.
    static func verdict(used: Int?, limit: Int?, before: Host, after: Host) -> String? {
        let use = used.map { "it used \($0 >> 20) MiB" } ?? "its use of memory is not known"
        if after.kills > before.kills { return "the kernel killed a process because memory ran out; \(use)" }
        if let used, let limit, Double(used) >= nearLimit * Double(limit) {
            return "\(use), its limit is \(limit >> 20) MiB"
        }
        if before.total > 0, Double(before.available) <= nearTotal * Double(before.total) {
            return "\(use), and of \(before.total >> 20) MiB of the host \(before.available >> 20) MiB were left"
        }
        return nil
    }

    /// The memory of the control group, where it has a limit, otherwise of the host.
    private static func sampleHost(_ group: String?) -> Host {
        let info = numbers(SmallFile.read("/proc/meminfo"))
        var host = Host(
            available: (info["MemAvailable:"] ?? info["MemFree:"] ?? 0) << 10, total: (info["MemTotal:"] ?? 0) << 10,
            kills: numbers(SmallFile.read("/proc/vmstat"))["oom_kill"] ?? 0)
        guard let group else { return host }
        if let kills = numbers(SmallFile.read(group + "/memory.events"))["oom_kill"] { host.kills = kills }
        if let limit = number(group + "/memory.max"), let used = number(group + "/memory.current"), limit < host.total {
            host.total = limit
            host.available = min(host.available, max(0, limit - used))
        }
        return host
    }

    /// The directory of this process's control group, of the unified hierarchy.
    private static func controlGroup() -> String? {
        guard let text = SmallFile.read("/proc/self/cgroup"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        let path = "/sys/fs/cgroup" + line.dropFirst(3)
        return access(path + "/memory.events", R_OK) == 0 ? path : nil
    }

    private static func number(_ path: String) -> Int? {
        SmallFile.read(path).flatMap { Int($0.prefix { $0 != "\n" }) }
    }

    /// The first number of each line, by the first word.
    private static func numbers(_ text: String?) -> [String: Int] {
        var numbers: [String: Int] = [:]
        for line in (text ?? "").split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            if words.count > 1, let number = Int(words[1]) { numbers[String(words[0])] = number }
        }
        return numbers
    }
}
