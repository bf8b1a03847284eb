import Foundation
import Testing

/// Encrypted runs of the real program: who is let in, who is not, and who is told what.
@Suite(.serialized) struct KeyTests {
    private let scratch: Scratch
    private let keys: String
    private let endpoint: String

    init() throws {
        scratch = try Scratch()
        keys = scratch.path("keys")
        endpoint = "ipc://\(scratch.path("socket"))"
        for arguments in [["init"], ["add", "node1", "--role", "worker"], ["add", "me", "--role", "control"]] {
            #expect(try start(["keys"] + arguments + ["--keys", keys]).finish().status == 0)
        }
    }

    private func start(_ arguments: [String], home: String? = nil) throws -> Running {
        try Running(
            arguments, in: scratch.url, environment: ["HOME": home ?? scratch.url.path, "PHASEMAP_KEYS": ""])
    }

    /// A coordinator with keys that listens; its run is long enough for what a test does to it.
    private func coordinate(steps: Int = 100_000) throws -> Running {
        let coordinator = try start([
            "coordinate", "molrg-k1", "--preset", "small", "--set", "steps=\(steps)", "--bind", endpoint, "--keys",
            keys,
            "--into", scratch.path("run"),
        ])
        try wait("the coordinator listens") { coordinator.errorsSoFar.contains("workers connect to") }
        return coordinator
    }

    private func worker(_ arguments: String...) throws -> Running {
        try start(["worker", "--connect", endpoint, "--count", "1"] + arguments)
    }

    private func wait(_ what: String, _ condition: () -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: 60)
        while !condition() {
            guard Date() < deadline else {
                Issue.record("did not happen within a minute: \(what)")
                return
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// Ends a coordinator that has work left.
    private func stop(_ coordinator: Running) throws -> Finished {
        coordinator.terminate()
        Thread.sleep(forTimeInterval: 0.2)
        coordinator.terminate()
        return try coordinator.finish()
    }

    @Test func anEncryptedRunGivesTheBytesOfAPlainOne() throws {
        let coordinator = try coordinate(steps: 200)
        #expect(try worker("--keys", keys, "--key", "node1").finish().status == 0)
        let finished = try coordinator.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        let quiet = try start([
            "run", "molrg-k1", "--preset", "small", "--set", "steps=200", "--no-native", "--workers", "1", "--into",
            scratch.path("plain"),
        ]).finish()
        #expect(quiet.status == 0, "\(quiet.errors)")
        #expect(try scratch.bytes("run/phase-diagram.h5") == scratch.bytes("plain/phase-diagram.h5"))
    }

    /// Each is refused within seconds with its cause and exit status 4, and the coordinator serves on.
    @Test func whoeverHasNotTheRightKeyIsToldSo() throws {
        let coordinator = try coordinate()
        let other = scratch.path("other")
        #expect(try start(["keys", "init", "--keys", other]).finish().status == 0)
        #expect(try start(["keys", "add", "stranger", "--role", "worker", "--keys", other]).finish().status == 0)

        // A key of this coordinator that it was never told of: the stranger's, with this coordinator's public half.
        let unlisted = scratch.path("unlisted.key")
        let own = try String(contentsOfFile: keys + "/node1.key", encoding: .utf8)
        let foreign = try String(contentsOfFile: other + "/stranger.key", encoding: .utf8)
        func server(_ text: String) throws -> Substring {
            try #require(text.split(separator: "\n").first { $0.hasPrefix("server ") })
        }
        let mixed = foreign.replacingOccurrences(of: try server(foreign), with: try server(own))
        try Data(mixed.utf8).write(to: URL(fileURLWithPath: unlisted))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: unlisted)

        let plain = try worker().finish()
        #expect(plain.status == 4)
        #expect(plain.errors.contains("--key NAME"), "\(plain.errors)")
        let stranger = try worker("--key", other + "/stranger.key").finish()
        #expect(stranger.status == 4)
        #expect(stranger.errors.contains("another key than this file says"), "\(stranger.errors)")
        let notListed = try worker("--key", unlisted).finish()
        #expect(notListed.status == 4)
        #expect(notListed.errors.contains("not in its key directory or was revoked"), "\(notListed.errors)")
        let wrongRole = try start(["status", endpoint, "--keys", keys, "--key", "node1"]).finish()
        #expect(wrongRole.status == 1)
        #expect(wrongRole.errors.contains("has the role worker, and this needs the role control"))
        let withoutKey = try start(["status", endpoint]).finish()
        #expect(withoutKey.status == 4)
        #expect(withoutKey.errors.contains("--key NAME"), "\(withoutKey.errors)")

        let status = try start(["status", endpoint, "--keys", keys]).finish()
        #expect(status.status == 0 && status.output.contains("molrg-k1"), "\(status.errors)")
        let said = try stop(coordinator).errors
        #expect(said.contains("is not in the key directory"), "\(said)")
        #expect(!said.contains("joined"), "\(said)")
    }

    @Test func aRevokedKeyEndsItsWorkerWhileTheRunGoesOn() throws {
        let coordinator = try coordinate()
        #expect(try start(["keys", "add", "node2", "--role", "worker", "--keys", keys]).finish().status == 0)
        let first = try worker("--keys", keys, "--key", "node1")
        try wait("the first worker has joined") { coordinator.errorsSoFar.contains("worker 1") }
        #expect(try start(["keys", "revoke", "node1", "--keys", keys]).finish().status == 0)
        let finished = try first.finish()
        #expect(finished.status == 4)
        #expect(finished.errors.contains("revoked"), "\(finished.errors)")
        let second = try worker("--keys", keys, "--key", "node2")
        try wait("the second worker has joined") { coordinator.errorsSoFar.contains("worker 2") }
        let said = try stop(coordinator).errors
        #expect(said.contains("the key 'node1' was revoked"), "\(said)")
        second.terminate()
        second.terminate()
        _ = try second.finish()
    }

    /// Nothing is made and nothing is connected to: the sentence names the command to run.
    @Test func onTheNetworkNothingStartsWithoutKeys() throws {
        let home = scratch.path("empty")
        let coordinator = try start(
            ["coordinate", "noop", "--bind", "tcp://0.0.0.0:*", "--into", scratch.path("none")], home: home
        ).finish()
        #expect(coordinator.status == 1)
        #expect(coordinator.errors.contains("run 'phasemap keys init'"), "\(coordinator.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path("none")))
        let worker = try start(["worker", "--connect", "tcp://203.0.113.1:7700"], home: home).finish()
        #expect(worker.status == 1)
        #expect(worker.errors.contains("phasemap keys add NAME --role worker"), "\(worker.errors)")
        let status = try start(["status", "tcp://203.0.113.1:7700"], home: home).finish()
        #expect(status.status == 1)
        #expect(status.errors.contains("phasemap keys add NAME --role control"), "\(status.errors)")
    }
}
