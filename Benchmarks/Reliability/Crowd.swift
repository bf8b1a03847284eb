import Cluster
import Foundation
import Scheduling
import SweepGrid
import ZeroMQ

/// Many workers that only register, each with a socket and a connection of its own.
enum Crowd {
    private struct Worker {
        let socket: Socket
        var askedAt = -Double.infinity
        var registration: Registration?
        var isWelcome = false
    }

    /// Registers so many workers at once; prints how long it took, in seconds.
    static func register(_ count: Int, at endpoint: String, keys: String) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var options = SocketOptions()
        options.maximumMessageSize = 64 << 20
        options.linger = .zero
        let key = try Security.client(for: endpoint, key: nil, keys: KeyDirectory(keys), role: .worker)
        options.security = key?.security ?? .none
        let start = now()
        // A context has at most 1 023 sockets, and a real host has its own.
        var workers: [Worker] = []
        for first in stride(from: 0, to: count, by: 500) {
            let context = try ZeroMQ.Context()
            for _ in first..<min(count, first + 500) {
                let socket = try Socket(.dealer, in: context, options: options)
                try socket.connect(endpoint)
                workers.append(Worker(socket: socket))
            }
        }
        var waiting = count
        while waiting > 0 {
            guard now() - start < 60 else { throw BenchmarkFailure("\(waiting) of \(count) are not admitted") }
            var poller = Poller()
            for worker in workers where !worker.isWelcome { poller.add(worker.socket) }
            try poller.wait(upTo: .milliseconds(20))
            for index in workers.indices where !workers[index].isWelcome {
                try attend(&workers[index])
                if workers[index].isWelcome { waiting -= 1 }
            }
        }
        print(now() - start)
    }

    private static func attend(_ worker: inout Worker) throws {
        while let parts = try worker.socket.receive() {
            guard case .session(let envelope) = try CoordinatorFrame(parts: parts[...]) else { continue }
            switch envelope.message {
            case .describe(let run):
                worker.registration = Registration(
                    protocolVersion: protocolVersion, experiment: run.experiment, version: run.version, run: run.run,
                    probe: run.probe, slots: 1, host: "crowd", build: SHA256.hash([]))
                worker.askedAt = -.infinity
            case .welcome: worker.isWelcome = true
            case .refuse(let refusal): throw BenchmarkFailure(refusal.message)
            default: break
            }
        }
        guard !worker.isWelcome, now() - worker.askedAt > 5 else { return }
        let message: WorkerMessage =
            worker.registration.map { .register($0) }
            ?? .hello(Hello(protocolVersion: protocolVersion, host: "crowd", build: SHA256.hash([])))
        let frame = WorkerFrame.session(WorkerEnvelope(worker: nil, sequence: 0, acknowledged: 0, message))
        if try worker.socket.send(frame.parts) { worker.askedAt = now() }
    }
}

/// Seconds of Unix time.
func now() -> Double { Date().timeIntervalSince1970 }
