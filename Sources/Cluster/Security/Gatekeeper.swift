internal import Foundation
internal import Synchronization
package import ZeroMQ

/// Lets clients with an admitted key in, and decides about each of their messages; a coordinator has one.
///
/// Its own thread answers handshakes, re-reads the key directory when that changes, and says who was turned away and
/// why. A revoked key counts for nothing within `KeyWatch.interval`, also on a connection that was made before.
package final class Gatekeeper: Sendable {
    /// What the coordinator's socket must have among its options.
    package let security: SocketSecurity

    private let state: GateState

    /// Opens the gate of a context: from now on its sockets with `security` let the directory's principals in.
    ///
    /// - Parameter log: takes sentences for the operator from the gate's thread, the same one at most once a minute.
    /// - Throws: `ClusterError` when the keys are missing or open to others, or the context has a gate already.
    package init(_ keys: KeyDirectory, in context: Context, log: @escaping @Sendable (String) -> Void)
        throws(ClusterError)
    {
        guard CurveKeyPair.isAvailable else {
            throw ClusterError(
                "this build of libzmq cannot encrypt; install one with CURVE (Debian's libzmq3-dev has it)")
        }
        security = .server(try keys.server().secretKey)
        let watch = try KeyWatch(keys)
        do throws(ZeroMQError) {
            state = GateState(ring: watch.ring, wakeUp: try WakeUp(), log: log)
        } catch {
            throw ClusterError("the gate cannot be opened: \(error)")
        }
        for problem in watch.problems { log(problem) }

        let started = DispatchSemaphore(value: 0)
        let failure = Mutex<ZeroMQError?>(nil)
        let state = state
        // Sockets belong to the thread that makes them, so the thread makes its own and says how it went.
        let thread = Thread {
            defer { state.ended.signal() }
            let gate: GateThread
            do throws(ZeroMQError) {
                gate = GateThread(try Authenticator(in: context), watch, state)
            } catch {
                failure.withLock { $0 = error }
                started.signal()
                return
            }
            started.signal()
            gate.run()
        }
        thread.name = "gatekeeper"
        thread.start()
        started.wait()
        if let error = failure.withLock({ $0 }) { throw ClusterError("the gate cannot be opened: \(error)") }
    }

    deinit { close() }

    /// Reports failed handshakes of a socket; call it before the bind, on the socket's thread.
    ///
    /// - Throws: `ZeroMQError` when the socket is closed.
    package func watch(_ socket: Socket) throws(ZeroMQError) {
        let monitor = HandedMonitor(monitor: try socket.beginMonitoring())
        state.shared.withLock { $0.newMonitors.append(monitor) }
        state.wakeUp.signal()
    }

    /// Decides whether the sender of a message may do what needs a role; from any thread, in about a microsecond.
    ///
    /// - Parameter message: as the coordinator's socket received it.
    package func admission(of message: Message, for role: Role) -> Admission {
        state.shared.withLock { $0.ring }.admission(of: message.userID, for: role)
    }

    /// Whether the key that a message comes from stands in the key directory, revoked or not.
    package func knows(_ message: Message) -> Bool {
        guard let userID = message.userID, let key = CurvePublicKey(userID) else { return false }
        return state.shared.withLock { $0.ring }[key] != nil
    }

    /// The valid principal that a message comes from, whatever its role; nil when there is none.
    package func principal(of message: Message) -> Principal? {
        guard let userID = message.userID, let key = CurvePublicKey(userID) else { return nil }
        return state.shared.withLock { $0.ring }[key].flatMap { $0.revoked == nil ? $0 : nil }
    }

    /// Ends the gate's thread and waits for it; close the sockets first. Closing twice does nothing.
    package func close() {
        let isFirst = state.shared.withLock { shared in
            defer { shared.isClosing = true }
            return !shared.isClosing
        }
        guard isFirst else { return }
        state.wakeUp.signal()
        state.ended.wait()
    }
}

/// A monitor on its way to the gate's thread, the only one that reads it.
struct HandedMonitor: @unchecked Sendable {
    // The library lets a socket move to another thread behind a full memory fence, which the lock is.
    let monitor: SocketMonitor
}

/// What the gate's thread shares with the threads that ask it.
final class GateState: Sendable {
    struct Shared {
        var ring: KeyRing
        var newMonitors: [HandedMonitor] = []
        var isClosing = false
    }

    let shared: Mutex<Shared>
    let wakeUp: WakeUp
    let ended = DispatchSemaphore(value: 0)
    let log: @Sendable (String) -> Void

    init(ring: KeyRing, wakeUp: WakeUp, log: @escaping @Sendable (String) -> Void) {
        shared = Mutex(Shared(ring: ring))
        self.wakeUp = wakeUp
        self.log = log
    }
}
