internal import Foundation
package import Scheduling

extension ControlOrigin {
    /// A new request of the user of this process.
    package static func ofThisUser(reason: String) -> ControlOrigin {
        ControlOrigin(
            RequestID(client: UInt64.random(in: 0...UInt64.max), number: 1), who: "\(NSUserName())@\(hostName())",
            reason: WireFormat.cut(reason))
    }
}
