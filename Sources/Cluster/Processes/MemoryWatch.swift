internal import Glibc

/// How much memory slots use and the host has left, sampled while tasks run.
///
/// The kernel does not say why it kills a process. A SIGKILL that nobody here sent is put down to memory when the kernel
/// counted a kill for memory since the last sample but one, or the slot or the host were near their limit at the last two.
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

    /// The last sample of a slot.
    private struct Sample {
        let bytes: Int
        /// What the slot's end is compared with.
        let before: Host
    }

    private let limit: Int?
    private let look: () -> Host
    private(set) var host: Host
    /// The sample of the host before the last one.
    private var former: Host
    private var slots: [Int: Sample] = [:]

    /// A watch for slots that may use so many bytes each, of a host at which `look` looks; by default the one it runs on.
    init(limit: Int? = nil, look: (() -> Host)? = nil) {
        self.limit = limit
        let group = MemoryWatch.controlGroup()
        self.look = look ?? { MemoryWatch.sampleHost(group) }
        host = self.look()
        former = host
    }

    /// Samples a slot; the bytes that are its own, nil when it is gone.
    mutating func sample(_ slot: Int, process: Int32) -> Int? {
        guard let text = SmallFile.read("/proc/\(process)/statm") else { return nil }
        let fields = text.split(separator: " ").compactMap { Int($0) }
        // One that was killed has no memory any more while it is being removed.
        guard fields.count > 2, fields[0] > 0 else { return nil }
        // What is shared with others, such as the program itself, frees nothing when the slot ends.
        let bytes = max(0, fields[1] - fields[2]) * Int(sysconf(Int32(_SC_PAGESIZE)))
        slots[slot] = Sample(bytes: bytes, before: baseline)
        return bytes
    }

    /// Samples the host.
    mutating func sampleHost() {
        former = host
        host = look()
    }

    /// The host as it was before a process that still exists can have been killed.
    ///
    /// The kernel counts a kill before the process is gone, so the newest sample of the host may have it already.
    private var baseline: Host {
        Host(available: min(former.available, host.available), total: host.total, kills: former.kills)
    }

    /// Why a slot that ended this way seems to have run out of memory; nil when it does not.
    ///
    /// Nothing is learnt from one end about the next: the kernel may kill several slots before any of them is looked at.
    mutating func verdict(on slot: Int, _ end: ProcessEnd) -> String? {
        let sample = slots.removeValue(forKey: slot)
        guard end == .signal(Int(SIGKILL)) else { return nil }
        return MemoryWatch.verdict(
            used: sample?.bytes, limit: limit, before: sample?.before ?? baseline, after: look())
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
