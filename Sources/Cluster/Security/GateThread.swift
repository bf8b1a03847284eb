internal import Foundation
internal import Synchronization
internal import ZeroMQ

/// The loop of the gate's thread: handshakes, monitors, changes of the key directory.
final class GateThread {
    private let authenticator: Authenticator
    private let state: GateState
    private var watch: KeyWatch
    private var monitors: [SocketMonitor] = []
    private var notes = RepeatedNotes()

    init(_ authenticator: Authenticator, _ watch: KeyWatch, _ state: GateState) {
        self.authenticator = authenticator
        self.watch = watch
        self.state = state
    }

    /// Serves until the gate is closed.
    func run() {
        while true {
            var poller = Poller()
            poller.add(fileDescriptor: state.wakeUp.fileDescriptor)
            poller.add(authenticator.socket)
            for monitor in monitors { poller.add(monitor.socket) }
            do throws(ZeroMQError) {
                try poller.wait(upTo: KeyWatch.interval)
                state.wakeUp.reset()
                guard takeOrders() else { return }
                readKeys()
                try answer()
                try report()
            } catch {
                // Without this thread nobody new is let in: that must be seen.
                note("the gate had a failure and goes on: \(error)")
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
    }

    /// Begins the monitors that were asked for.
    ///
    /// - Returns: false when the gate is to be closed.
    private func takeOrders() -> Bool {
        let (handed, isClosing) = state.shared.withLock { shared in
            defer { shared.newMonitors = [] }
            return (shared.newMonitors, shared.isClosing)
        }
        monitors += handed.map(\.monitor)
        return !isClosing
    }

    private func readKeys() {
        guard watch.refresh(at: Clock.nanoseconds()) else { return }
        let ring = watch.ring
        state.shared.withLock { $0.ring = ring }
        for problem in watch.problems { note(problem) }
    }

    private func answer() throws(ZeroMQError) {
        // Bounded, so that a storm of handshakes does not keep the key directory from being read.
        for _ in 0..<100 {
            let isOne = try authenticator.answer { request in
                guard let principal = watch.ring[request.key] else {
                    note(
                        "refused a client at \(request.address): its key \(request.key.text.prefix(10))... is not in the key directory; admit it with a key of 'phasemap keys add'"
                    )
                    return false
                }
                if let revoked = principal.revoked {
                    note("refused a client at \(request.address): its key '\(principal.name)' was revoked \(revoked)")
                    return false
                }
                return true
            }
            if !isOne { return }
        }
        state.wakeUp.signal()
    }

    private func report() throws(ZeroMQError) {
        for monitor in monitors {
            while let event = try monitor.next() {
                guard case .handshakeFailed(let failure) = event.kind else { continue }
                switch failure {
                case .mechanismMismatch:
                    note(
                        "refused a client without a key at \(event.endpoint); start it with --key NAME, a key made by 'phasemap keys add'"
                    )
                case .undecryptable:
                    note(
                        "refused a client at \(event.endpoint) that expects another coordinator key; copy its key file from this coordinator's key directory again"
                    )
                case .malformed:
                    note("refused a connection at \(event.endpoint) that does not speak this protocol")
                case .closed:
                    note(
                        "a connection at \(event.endpoint) ended during its handshake; a client without a key does that, and one that expects none"
                    )
                case .refused:
                    // Said with the key where it is decided.
                    break
                }
            }
        }
    }

    private func note(_ sentence: String) {
        for line in notes.take(sentence, at: Double(Clock.nanoseconds()) * 1e-9) { state.log(line) }
    }
}
