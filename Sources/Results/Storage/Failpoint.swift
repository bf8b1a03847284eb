internal import Foundation
internal import Synchronization

/// Places in the program at which a debug build kills itself on request, as a crash of the host would.
///
/// `PHASEMAP_FAILPOINT=NAME` dies when the place of that name is reached first, `NAME:3` at the third time. A release build
/// has none of it.
package enum Failpoint {
    #if DEBUG
        private static let wanted: (name: String, turn: Int)? = {
            guard let text = getenv("PHASEMAP_FAILPOINT").map({ String(cString: $0) }) else { return nil }
            let parts = text.split(separator: ":")
            return parts.first.map { (String($0), parts.count > 1 ? Int(parts[1]) ?? 1 : 1) }
        }()
        private static let count = Mutex(0)
    #endif

    /// Says that a place is reached.
    package static func reach(_ name: @autoclosure () -> String) {
        #if DEBUG
            guard let wanted, wanted.name == name() else { return }
            let turn = count.withLock { count in
                count += 1
                return count
            }
            if turn == wanted.turn { kill(getpid(), SIGKILL) }
        #endif
    }
}
