internal import Scheduling
internal import ZeroMQ

/// Asks a coordinator one thing without being a worker.
struct CoordinatorClient {
    let endpoint: String
    /// What the endpoint is asked with; nil for an unencrypted connection.
    let key: ClientKey?

    private enum Answer {
        case parts([[UInt8]])
        /// There is none, and why.
        case none(String, isRefusal: Bool)
    }

    /// Sends a message and gives the answer.
    ///
    /// - Throws: `ClusterError` when nobody answers within `patience`, the key is refused, or the answer is not one.
    func ask(_ frame: WorkerFrame, patience: Duration) throws(ClusterError) -> CoordinatorFrame {
        let answer: Answer
        do throws(ZeroMQError) { answer = try self.answer(to: frame, patience) } catch {
            throw ClusterError("\(error)")
        }
        switch answer {
        case .none(let why, let isRefusal): throw ClusterError(why, isRefusal: isRefusal)
        case .parts(let parts): return try read(parts)
        }
    }

    private func read(_ parts: [[UInt8]]) throws(ClusterError) -> CoordinatorFrame {
        let frame: CoordinatorFrame
        do throws(WireError) { frame = try CoordinatorFrame(parts: parts[...]) } catch {
            throw ClusterError("\(endpoint): \(error)")
        }
        if case .session(let envelope) = frame {
            guard case .refuse(let refusal) = envelope.message else {
                throw ClusterError("\(endpoint): \(WireError.unknownMessage)")
            }
            throw ClusterError(
                "the coordinator at \(endpoint) does not answer: \(refusal.message)", isRefusal: true)
        }
        return frame
    }

    private func answer(to frame: WorkerFrame, _ patience: Duration) throws(ZeroMQError) -> Answer {
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
            if !isAsked { isAsked = try socket.send(frame.parts) }
            var poller = Poller()
            poller.add(socket)
            poller.add(watch.socket)
            try poller.wait(upTo: isAsked ? .milliseconds(100) : .milliseconds(10))
            if let parts = try socket.receive() { return .parts(parts) }
            if let refusal = try watch.read() { return .none(refusal, isRefusal: true) }
        }
        return .none(watch.diagnosis.sentence(afterSilence: patience), isRefusal: false)
    }
}
