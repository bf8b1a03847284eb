import Foundation
import SweepGrid
import Synchronization
import ZeroMQ

/// Stands between one worker and the coordinator, and sends every fifth message twice, some of them late.
final class DoublingProxy: Sendable {
    let endpoint: String
    private let state: Mutex<(isStopping: Bool, doubled: Int)>
    private let isDone = DispatchSemaphore(value: 0)

    init(to coordinator: String) throws {
        state = Mutex((false, 0))
        let context = try ZeroMQ.Context()
        var options = SocketOptions()
        options.linger = .zero
        let front = try Socket(.router, in: context, options: options)
        try front.bind("tcp://127.0.0.1:*")
        endpoint = front.lastEndpoint ?? ""
        let back = try Socket(.dealer, in: context, options: options)
        try back.connect(coordinator)
        let sockets = Pair(front: front, back: back)
        let thread = Thread { [self] in
            relay(sockets)
            isDone.signal()
        }
        thread.start()
    }

    /// How many messages went twice.
    var doubled: Int { state.withLock { $0.doubled } }

    func stop() {
        state.withLock { $0.isStopping = true }
        isDone.wait()
    }

    /// Handed to the one thread that uses them from then on.
    private struct Pair: @unchecked Sendable {
        let front: Socket
        let back: Socket
    }

    private func relay(_ sockets: Pair) {
        var random = RandomStream(key: 5, highCounter: 5)
        var worker: [UInt8] = []
        var late: (toWorker: Bool, parts: [[UInt8]])?
        func pass(_ parts: [[UInt8]], toWorker: Bool) {
            if toWorker {
                if !worker.isEmpty { _ = try? sockets.front.send([worker] + parts) }
            } else {
                _ = try? sockets.back.send(parts)
            }
        }
        func passOnceOrTwice(_ parts: [[UInt8]], toWorker: Bool) {
            pass(parts, toWorker: toWorker)
            guard Int.random(in: 0..<5, using: &random) == 0 else { return }
            state.withLock { $0.doubled += 1 }
            if let earlier = late { pass(earlier.parts, toWorker: earlier.toWorker) }
            late = (toWorker, parts)
            if Bool.random(using: &random) {
                pass(parts, toWorker: toWorker)
                late = nil
            }
        }
        while !state.withLock({ $0.isStopping }) {
            var poller = Poller()
            poller.add(sockets.front)
            poller.add(sockets.back)
            try? poller.wait(upTo: .milliseconds(50))
            while let message = try? sockets.front.receiveMessage(), let route = message.parts.first {
                worker = route
                passOnceOrTwice(Array(message.parts.dropFirst()), toWorker: false)
            }
            while let message = try? sockets.back.receiveMessage() {
                passOnceOrTwice(Array(message.parts), toWorker: true)
            }
        }
        sockets.front.close()
        sockets.back.close()
    }
}
