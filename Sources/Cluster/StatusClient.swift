internal import ZeroMQ

/// Asks a coordinator how far its run is.
public enum StatusClient {
    /// The status of the run whose coordinator listens at `endpoint`.
    ///
    /// - Throws: `ClusterError` when nobody answers within `patience` or the answer is not one.
    public static func ask(_ endpoint: String, patience: Duration = .seconds(5)) throws(ClusterError) -> RunStatus {
        let parts: [[UInt8]]?
        do throws(ZeroMQError) {
            parts = try answer(of: endpoint, deadline: Clock.nanoseconds() + UInt64(max(0, patience.wireNanoseconds)))
        } catch {
            throw ClusterError("\(error)")
        }
        guard let parts else {
            throw ClusterError("no coordinator answers at \(endpoint); is it running, and is the port right?")
        }
        do throws(WireError) {
            if case .status(let status) = try CoordinatorFrame(parts: parts[...]) { return status }
            throw .unknownMessage
        } catch {
            throw ClusterError("\(endpoint): \(error)")
        }
    }

    private static func answer(of endpoint: String, deadline: UInt64) throws(ZeroMQError) -> [[UInt8]]? {
        let context = try ZeroMQ.Context()
        var options = SocketOptions()
        options.linger = .zero
        let socket = try Socket(.dealer, in: context, options: options)
        try socket.connect(endpoint)
        var isAsked = false
        while Clock.nanoseconds() < deadline {
            if !isAsked { isAsked = try socket.send(WorkerFrame.status.parts) }
            var poller = Poller()
            poller.add(socket)
            try poller.wait(upTo: isAsked ? .milliseconds(100) : .milliseconds(10))
            if let parts = try socket.receive() { return parts }
        }
        return nil
    }
}
