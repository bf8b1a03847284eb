import Foundation
import Testing
import ZeroMQ

@testable import Cluster

@Suite struct KeyDirectoryTests {
    @Test func aNewDirectoryIsShutAndItsFilesToo() throws {
        let fixture = try KeyFixture(initialized: false)
        #expect(
            try fixture.keys.initialize() == """
                Made the coordinator's key in \(fixture.keys.path).
                Next: phasemap keys add node1 --role worker --keys \(fixture.keys.path)
                """)
        _ = try fixture.keys.add("node1", role: .worker)
        _ = try fixture.keys.add("me", role: .control)
        _ = try fixture.keys.revoke("me")
        #expect(try fixture.mode(fixture.keys.path) == 0o700)
        let files = try FileManager.default.contentsOfDirectory(atPath: fixture.keys.path).sorted()
        #expect(files == ["coordinator.key", "me.key", "node1.key"])
        for file in files { #expect(try fixture.mode("\(fixture.keys.path)/\(file)") == 0o600) }
    }

    @Test func aKeyFileSaysWhoseKeyItIs() throws {
        let fixture = try KeyFixture()
        _ = try fixture.keys.add("node1", role: .worker)
        let key = try fixture.keys.read("node1")
        let secret = try #require(key.secretKey)
        #expect(
            try fixture.text("node1") == """
                phasemap-key 1
                name node1
                role worker
                public \(key.publicKey)
                secret \(secret.text)
                server \(try fixture.keys.server().publicKey)

                """)
        #expect(try secret.publicKey() == key.publicKey)
    }

    @Test func keysAreListedWithoutTheirSecrets() throws {
        let fixture = try KeyFixture()
        _ = try fixture.keys.add("node1", role: .worker)
        _ = try fixture.keys.add("me", role: .control)
        let old = try fixture.keys.read("node1")
        _ = try fixture.keys.revoke("node1", at: Date(timeIntervalSince1970: 1_800_000_000))
        let list = try fixture.keys.list()
        #expect(
            list == """
                name         role         public key                                state
                coordinator  coordinator  \(try fixture.keys.server().publicKey)  valid
                me           control      \(try fixture.keys.read("me").publicKey)  valid
                node1        worker       \(old.publicKey)  revoked 2027-01-15T08:00:00Z
                """)
        #expect(!list.contains(try #require(old.secretKey).text))
    }

    @Test func aRevokedKeyLosesItsSecretAndItsNameMayBeGivenAgain() throws {
        let fixture = try KeyFixture()
        _ = try fixture.keys.add("node1", role: .worker)
        let old = try fixture.keys.read("node1")
        #expect(throws: ClusterError.self) { try fixture.keys.add("node1", role: .worker) }
        _ = try fixture.keys.revoke("node1")
        #expect(try !fixture.text("node1").contains(#require(old.secretKey).text))
        #expect(try fixture.keys.revoke("node1").contains("is revoked since"))
        _ = try fixture.keys.add("node1", role: .control)
        #expect(try fixture.keys.read("node1").publicKey != old.publicKey)
        #expect(KeyRing(try fixture.keys.contents().principals)[old.publicKey] == nil)
    }

    @Test(arguments: [0o710, 0o701, 0o750, 0o777])
    func aDirectoryThatOthersReachIsRefused(mode: Int) throws {
        let fixture = try KeyFixture()
        try fixture.setMode(mode, fixture.keys.path)
        let context = try Context()
        let refusals: [() throws -> Void] = [
            { _ = try fixture.keys.initialize(replacing: true) }, { _ = try fixture.keys.add("a", role: .worker) },
            { _ = try fixture.keys.list() }, { _ = try fixture.keys.revoke("a") },
            { _ = try Gatekeeper(fixture.keys, in: context) { _ in } },
            { _ = try Security.client(for: "tcp://node1:1", key: nil, keys: fixture.keys, role: .worker) },
        ]
        for refusal in refusals {
            let error = #expect(throws: ClusterError.self) { try refusal() }
            #expect(error?.description.contains("run 'chmod 700 \(fixture.keys.path)'") == true)
        }
    }

    @Test func aKeyFileThatOthersReadIsRefused() throws {
        let fixture = try KeyFixture()
        _ = try fixture.keys.add("node1", role: .worker)
        try fixture.setMode(0o640, fixture.keys.file("node1"))
        let contents = try fixture.keys.contents()
        #expect(contents.principals == [])
        #expect(contents.problems.count == 1)
        #expect(contents.problems.first?.contains("has mode 640") == true)
        #expect(throws: ClusterError.self) {
            try Security.client(for: "tcp://node1:1", key: "node1", keys: fixture.keys, role: .worker)
        }
        try fixture.setMode(0o644, fixture.keys.file("coordinator"))
        #expect(throws: ClusterError.self) { try fixture.keys.server() }
    }

    @Test func aLinkIsNoKeyDirectoryAndNoKeyFile() throws {
        let fixture = try KeyFixture()
        let link = fixture.parent + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: fixture.keys.path)
        #expect(throws: ClusterError.self) { try KeyDirectory(link).list() }
        try FileManager.default.createSymbolicLink(
            atPath: fixture.keys.file("a"), withDestinationPath: fixture.keys.file("coordinator"))
        #expect(throws: ClusterError.self) { try fixture.keys.read("a") }
        mkfifo(fixture.keys.file("b"), 0o600)
        #expect(throws: ClusterError.self) { try fixture.keys.read("b") }
        #expect(try fixture.keys.contents().problems.count == 2)
    }

    @Test(arguments: [
        "", ".", "../x", "a/b", "a b", "-a", "coordinator", "a\nb", "é", String(repeating: "a", count: 65),
    ])
    func aBadNameIsRefused(name: String) throws {
        let fixture = try KeyFixture()
        #expect(throws: ClusterError.self) { try fixture.keys.add(name, role: .worker) }
        #expect(throws: ClusterError.self) { try fixture.keys.revoke(name) }
        #expect(try fixture.keys.names() == ["coordinator"])
    }

    @Test func aFileUnderAnotherNameAdmitsNobody() throws {
        let fixture = try KeyFixture()
        _ = try fixture.keys.add("node1", role: .worker)
        try fixture.write(try fixture.text("node1"), "node2")
        let contents = try fixture.keys.contents()
        #expect(contents.principals.map(\.name) == ["node1"])
        #expect(contents.problems.map { $0.contains("is the key of 'node1'") } == [true])
    }

    @Test func anotherCoordinatorKeyIsPutIntoTheFilesThatCount() throws {
        let fixture = try KeyFixture()
        for name in ["a", "b"] { _ = try fixture.keys.add(name, role: .worker) }
        _ = try fixture.keys.revoke("b")
        let before = (try fixture.keys.server(), try fixture.keys.read("a"), try fixture.keys.read("b"))
        let error = #expect(throws: ClusterError.self) { try fixture.keys.initialize() }
        #expect(error?.description.contains("--replace") == true)
        #expect(try fixture.keys.initialize(replacing: true).contains(fixture.keys.file("a")))
        let server = try fixture.keys.server()
        #expect(server != before.0)
        var expected = before.1
        expected.serverKey = server.publicKey
        #expect(try fixture.keys.read("a") == expected)
        #expect(try fixture.keys.read("b") == before.2)
    }
}

@Suite struct KeyFileTests {
    /// The first version as it was first written; later versions must read it.
    static let golden = """
        phasemap-key 1
        name node1
        role worker
        public Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID
        secret D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs
        server rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7
        """

    @Test func theGoldenOfTheFirstVersionIsReadAndWrittenAgain() throws {
        let key = try KeyFile(Array(Self.golden.utf8), path: "node1.key")
        #expect(key.name == "node1")
        #expect(key.owner == .principal(.worker))
        #expect(key.publicKey.text == "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID")
        #expect(key.secretKey?.text == "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs")
        #expect(key.serverKey?.text == "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
        #expect(key.revoked == nil)
        #expect(key.text == Self.golden + "\n")
    }

    @Test func noByteThatIsChangedOrCutTrapsOrYieldsAnotherKey() throws {
        let bytes = Array(Self.golden.utf8)
        let whole = try KeyFile(bytes, path: "node1.key")
        for end in bytes.indices {
            if let key = try? KeyFile(Array(bytes[..<end]), path: "") { #expect(key.publicKey == whole.publicKey) }
        }
        for place in bytes.indices {
            for bit in 0..<8 {
                var mutant = bytes
                mutant[place] ^= 1 << UInt8(bit)
                // The secret half proves the public one: neither can change alone.
                if let key = try? KeyFile(mutant, path: ""), key.secretKey != nil {
                    #expect(key.publicKey == whole.publicKey)
                    #expect(key.secretKey == whole.secretKey)
                }
            }
        }
    }

    @Test(arguments: [
        ("", "does not begin"), ("phasemap-key 2\nname a", "another version"), ("phasemap-key 1\n", "is missing"),
        (golden + "\nname node2", "stands twice"), (golden + "\nshell /bin/sh", "no field"),
        (golden.replacing("role worker", with: "role root"), "role is unknown"),
        (golden.replacing("name node1", with: "name ../x"), "name is none"),
        (golden.replacing("role worker", with: "role coordinator"), "does not fit"),
        (String(repeating: "x", count: 5000), "at most 4096 bytes"),
    ])
    func whatIsNoKeyFileIsRefusedWithoutShowingIt(text: String, reason: String) throws {
        let error = #expect(throws: ClusterError.self) { try KeyFile(Array(text.utf8), path: "x.key") }
        #expect(error?.description.contains(reason) == true)
        #expect(error?.description.contains("D:)Q") == false)
    }
}
