internal import Glibc

/// A socket that carries length-prefixed frames and waits for them.
struct FrameSocket {
    let fileDescriptor: Int32
    /// The largest frame that is received: the results of the largest shard.
    private static let frameLimit = 256 << 20

    init(_ fileDescriptor: Int32) { self.fileDescriptor = fileDescriptor }

    /// Sends bytes as they are; false when the other end is gone.
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(fileDescriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// The body of the next frame, with its length before it taken off; nil when the other end is gone or too late.
    func receive(within patience: Duration?) -> [UInt8]? {
        let deadline = patience.map { Clock.nanoseconds() + UInt64(max(0, $0.wireNanoseconds)) }
        guard let head = receive(4, deadline) else { return nil }
        let size = head.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard size <= Self.frameLimit else { return nil }
        return receive(size, deadline)
    }

    private func receive(_ size: Int, _ deadline: UInt64?) -> [UInt8]? {
        var bytes: [UInt8] = []
        // Memory is taken as the bytes come, not for what a damaged length says.
        while bytes.count < size {
            guard isReadable(before: deadline) else { return nil }
            let before = bytes.count
            let wanted = min(size - before, 1 << 20)
            bytes.append(contentsOf: repeatElement(0, count: wanted))
            let count = bytes.withUnsafeMutableBytes { read(fileDescriptor, $0.baseAddress! + before, wanted) }
            bytes.removeLast(wanted - max(0, count))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return nil }
        }
        return bytes
    }

    private func isReadable(before deadline: UInt64?) -> Bool {
        while true {
            var timeout: Int32 = -1
            if let deadline {
                let now = Clock.nanoseconds()
                guard now < deadline else { return false }
                timeout = Int32(clamping: (deadline - now) / 1_000_000 + 1)
            }
            var entry = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&entry, 1, timeout)
            if count > 0 { return true }
            guard count < 0, errno == EINTR else { return false }
        }
    }
}
