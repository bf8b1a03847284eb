import Foundation
import Testing

@testable import Cluster

/// What a worker says while it waits for its coordinator.
@Suite struct WaitingTests {
    @Test func aNoteIsDueSoonAndThenMoreAndMoreSeldom() {
        var notes = WaitingNotes()
        var due: [Int] = []
        for second in 0...2000 where notes.isDue(after: .seconds(second)) { due.append(second) }
        #expect(due == [5, 30, 120, 600, 1200, 1800])
        let ends = [notes.end(), notes.end()]
        #expect(ends == [true, false])
        let isDueAgain = notes.isDue(after: .seconds(5))
        #expect(isDueAgain)
    }

    @Test func whatAConnectionComesToIsNamed() throws {
        let listener = try SilentPort()
        #expect(Reach.obstacle(at: "tcp://127.0.0.1:\(listener.port)") == nil)
        listener.close()
        #expect(
            Reach.obstacle(at: "tcp://127.0.0.1:\(listener.port)")
                == "the connection is refused: nobody listens at that port")
        #expect(
            Reach.obstacle(at: "tcp://127.0.0.2;127.0.0.1:\(listener.port)")
                == "the connection is refused: nobody listens at that port")
        #expect(Reach.obstacle(at: "ipc:///nowhere/run.socket") == "there is no such socket")
    }
}

/// A port that accepts connections and never says a word.
private final class SilentPort {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        port = UInt16(bigEndian: address.sin_port)
    }

    func close() { _ = Foundation.close(descriptor) }
}
