import ClusterFixtures
import Foundation
import Scheduling
import SweepGrid
import Testing
import ZeroMQ

@testable import Cluster

extension ProcessTests {
    /// Keys of one role that try what needs the other, at a coordinator with a run, over encrypted connections.
    @Suite(.serialized) struct RoleTests {
        private let scratch: ScratchDirectory
        private let keys: KeyFixture
        private let coordinator: TestCoordinator

        init() throws {
            scratch = try ScratchDirectory()
            keys = try KeyFixture()
            coordinator = try TestCoordinator(FixtureSweeps.words, into: scratch.path + "/run", keys: keys.keys)
        }

        private func end() throws {
            coordinator.stop()
            coordinator.stop()
            _ = try coordinator.finish()
        }

        private func request(_ order: ControlRequest.Order) -> WorkerFrame {
            .control(ControlRequest(order, ControlOrigin(RequestID(client: 1, number: 1), who: "somebody")))
        }

        private func worker(_ message: WorkerMessage, sequence: UInt64 = 0) -> WorkerFrame {
            .session(WorkerEnvelope(worker: nil, sequence: sequence, acknowledged: 0, message))
        }

        /// What the coordinator answers to a frame on a connection; nil when it says nothing within 10 s.
        private func answer(to frame: WorkerFrame, on client: ClientFixture) throws -> CoordinatorFrame? {
            #expect(try eventually { try client.socket.send(frame.parts) })
            var parts: [[UInt8]]?
            _ = try eventually {
                parts = try client.socket.receive()
                return parts != nil
            }
            return try parts.map { try CoordinatorFrame(parts: $0[...]) }
        }

        private func refusal(of frame: WorkerFrame, on client: ClientFixture) throws -> String? {
            guard case .session(let envelope) = try answer(to: frame, on: client),
                case .refuse(let refusal) = envelope.message
            else { return nil }
            #expect(refusal.reason == .key)
            return refusal.message
        }

        /// Scenario 37: a worker's key can neither ask nor steer; it is told so, and nothing changes.
        @Test func aWorkersKeyCannotSteer() throws {
            let key = try keys.client("node1")
            let control = try keys.client("me", role: .control)
            let frames: [WorkerFrame] = [
                .status, request(.cancel([0..<400])), request(.retry([0..<400])), request(.drain(WorkerID(1))),
            ]
            let client = try ClientFixture(coordinator.endpoint, key)
            let sentence =
                "the key 'node1' has the role worker, and this needs the role control; make such a key on the coordinator's host with 'phasemap keys add NAME --role control'"
            for frame in frames {
                #expect(try refusal(of: frame, on: client) == sentence)
                let error = #expect(throws: ClusterError.self) {
                    try CoordinatorClient(endpoint: coordinator.endpoint, key: key).ask(frame, patience: .seconds(10))
                }
                #expect(error?.isRefusal == true)
                #expect(error?.description.hasSuffix(sentence) == true)
            }
            #expect(coordinator.lines.contains("dropped a message: \(sentence)"))
            let status = try StatusClient.ask(coordinator.endpoint, key: control)
            let counts = [status.waiting, status.cancelled, status.workers]
            #expect(counts == [400, 0, 0])
            try end()
        }

        /// Scenario 37: an operator's key can neither register nor deliver, and is not even told what the run computes.
        @Test func anOperatorsKeyCannotCompute() throws {
            let key = try keys.client("me", role: .control)
            let digest = SHA256.hash([1])
            let run = try #require(coordinator.run)
            let registration = Registration(
                protocolVersion: protocolVersion, experiment: run.design.experiment, version: run.design.version,
                run: run.design.digest, probe: run.probe?.digest, slots: 1, host: "host", build: digest)
            let frames: [WorkerFrame] = [
                worker(.hello(Hello(protocolVersion: protocolVersion, host: "host", build: digest))),
                worker(.register(registration)), worker(.request(leases: 4), sequence: 1),
                worker(.announce(ShardAnnouncement(digest: digest, byteCount: 10, tasks: [0..<1]))),
                worker(.chunk(ShardChunk(digest: digest, offset: 0, bytes: [1]))), worker(.goodbye),
            ]
            let client = try ClientFixture(coordinator.endpoint, key)
            for frame in frames {
                #expect(
                    try refusal(of: frame, on: client)
                        == "the key 'me' has the role control, and this needs the role worker; make such a key on the coordinator's host with 'phasemap keys add NAME --role worker'"
                )
            }
            let status = try StatusClient.ask(coordinator.endpoint, key: key)
            let counts = [status.waiting, status.leased, status.workers]
            #expect(counts == [400, 0, 0])
            #expect(!coordinator.lines.contains { $0.contains("joined") })
            try end()
        }

        /// Scenario 37: an operator's key that is revoked counts for nothing, on a connection that it has already, too.
        @Test func revokingAnOperatorsKeyActsOnItsConnection() throws {
            let key = try keys.client("me", role: .control)
            let other = try keys.client("you", role: .control)
            let client = try ClientFixture(coordinator.endpoint, key)
            guard case .status = try answer(to: .status, on: client) else {
                Issue.record("the key is good before it is revoked")
                return
            }
            _ = try keys.keys.revoke("me")
            var words: String?
            #expect(
                try eventually {
                    words = try refusal(of: .status, on: client)
                    return words != nil
                })
            #expect(words?.hasPrefix("the key 'me' was revoked 20") == true)
            for order in [ControlRequest.Order.cancel([0..<400]), .drain(WorkerID(1))] {
                #expect(try refusal(of: request(order), on: client) == words)
            }
            let error = #expect(throws: ClusterError.self) {
                try StatusClient.ask(coordinator.endpoint, key: key, patience: .seconds(10))
            }
            #expect(error?.isRefusal == true)
            #expect(error?.description.contains("not in its key directory or was revoked") == true)
            let status = try StatusClient.ask(coordinator.endpoint, key: other)
            #expect(status.cancelled == 0 && status.waiting == 400)
            try end()
        }
    }
}
