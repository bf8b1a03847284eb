internal import Scheduling
internal import ZeroMQ

/// Asks a coordinator how far its run is.
public enum StatusClient {
    private enum Answer {
        case parts([[UInt8]])
        /// There is none, and why.
        case none(String)
    }

    /// The status of the run whose coordinator listens at `endpoint`.
    ///
    /// - Parameter key: what the endpoint is asked with; nil for an unencrypted connection.
    /// - Throws: `ClusterError` when nobody answers within `patience`, the key is refused, or the answer is not one.
    package static func ask(
        _ endpoint: String, key: ClientKey? = nil, patience: Duration = .seconds(5)
    ) throws(ClusterError) -> RunStatus {
        let answer: Answer
        do throws(ZeroMQError) { answer = try Self.answer(of: endpoint, key, patience) } catch {
            throw ClusterError("\(error)")
        }
        switch answer {
        case .none(let why): throw ClusterError(why)
        case .parts(let parts): return try read(parts, from: endpoint)
        }
    }

    private static func read(_ parts: [[UInt8]], from endpoint: String) throws(ClusterError) -> RunStatus {
        let frame: CoordinatorFrame
        do throws(WireError) { frame = try CoordinatorFrame(parts: parts[...]) } catch {
            throw ClusterError("\(endpoint): \(error)")
        }
        if case .status(let status) = frame { return status }
        if case .session(let envelope) = frame, case .refuse(let refusal) = envelope.message {
            throw ClusterError("the coordinator at \(endpoint) does not answer: \(refusal.message)")
        }
        throw ClusterError("\(endpoint): \(WireError.unknownMessage)")
    }

    private static func answer(
        of endpoint: String, _ key: ClientKey?, _ patience: Duration
    ) throws(ZeroMQError) -> Answer {
        let deadline = Clock.nanoseconds() + UInt64(max(0, patience.wireNanoseconds))
        let context = try ZeroMQ.Context()
        var options = SocketOptions()
        options.linger = .zero
        options.security = key?.security ?? .none
        let socket = try Socket(.dealer, in: context, options: options)
        let watch = try ConnectionWatch(socket, endpoint: endpoint, key: key)
        try socket.connect(endpoint)
        var isAsked = false
        while Clock.nanoseconds() < deadline {
            if !isAsked { isAsked = try socket.send(WorkerFrame.status.parts) }
            var poller = Poller()
            poller.add(socket)
            poller.add(watch.socket)
            try poller.wait(upTo: isAsked ? .milliseconds(100) : .milliseconds(10))
            if let parts = try socket.receive() { return .parts(parts) }
            if let refusal = try watch.read() { return .none(refusal) }
        }
        return .none(watch.diagnosis.sentence(afterSilence: patience))
    }
}
