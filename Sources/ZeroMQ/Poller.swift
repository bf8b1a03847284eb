internal import CZeroMQ

/// Waits until one of several sockets and file descriptors can be read.
public struct Poller {
    private var items: [zmq_pollitem_t] = []

    /// A poller that watches nothing yet.
    public init() {}

    /// Watches a socket.
    ///
    /// - Parameter hasUnsent: also wakes as soon as the socket takes a message.
    /// - Returns: the place to ask `isReadable` for.
    @discardableResult
    public mutating func add(_ socket: Socket, hasUnsent: Bool = false) -> Int {
        let events = Int16(hasUnsent ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN)
        items.append(zmq_pollitem_t(socket: socket.handle, fd: 0, events: events, revents: 0))
        return items.count - 1
    }

    /// Watches a file descriptor.
    ///
    /// - Returns: the place to ask `isReadable` for.
    @discardableResult
    public mutating func add(fileDescriptor: Int32) -> Int {
        items.append(zmq_pollitem_t(socket: nil, fd: fileDescriptor, events: Int16(ZMQ_POLLIN), revents: 0))
        return items.count - 1
    }

    /// Watches nothing any more.
    public mutating func removeAll() { items.removeAll(keepingCapacity: true) }

    /// Waits for at most `timeout`, for ever when it is nil; a signal ends the wait early, as if the time had come.
    ///
    /// - Throws: `ZeroMQError` when a watched socket is closed.
    public mutating func wait(upTo timeout: Duration?) throws(ZeroMQError) {
        // Rounded up: a wait that ends a fraction of a millisecond early would spin until its deadline.
        let limit = timeout.map { max(0, Int($0 <= .zero ? 0 : milliseconds($0 + .microseconds(999)))) } ?? -1
        for index in items.indices { items[index].revents = 0 }
        guard zmq_poll(&items, Int32(items.count), limit) >= 0 || zmq_errno() == EINTR else {
            throw ZeroMQError("zmq_poll", on: "\(items.count) sockets and files")
        }
    }

    /// Whether the last wait found something to read at this place; a closed or broken file counts as readable.
    public func isReadable(_ place: Int) -> Bool { items[place].revents != 0 }
}
