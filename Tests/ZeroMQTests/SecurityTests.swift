import Testing
import ZeroMQ

/// A server and a client on a loopback port, their monitors, and an authenticator that admits the keys in `admitted`.
private final class Pair {
    let context = try? Context()
    let server: Socket
    private(set) var client: Socket
    let authenticator: Authenticator?
    let serverMonitor: SocketMonitor
    private(set) var clientMonitor: SocketMonitor
    private let clientOptions: SocketOptions
    var admitted: Set<CurvePublicKey>
    var serverEvents: [SocketEvent.Kind] = []
    var clientEvents: [SocketEvent.Kind] = []
    var requests: [AuthenticationRequest] = []
    var received: [Message] = []

    init(
        server serverSecurity: SocketSecurity, client clientSecurity: SocketSecurity,
        admitting admitted: Set<CurvePublicKey> = [], withAuthenticator: Bool = true
    ) throws {
        let context = try #require(context)
        self.admitted = admitted
        authenticator = withAuthenticator ? try Authenticator(in: context) : nil
        var options = SocketOptions()
        options.linger = .zero
        options.handshakeLimit = .seconds(1)
        options.security = serverSecurity
        server = try Socket(.router, in: context, options: options)
        serverMonitor = try server.beginMonitoring()
        try server.bind("tcp://127.0.0.1:*")
        options.security = clientSecurity
        clientOptions = options
        client = try Socket(.dealer, in: context, options: options)
        clientMonitor = try client.beginMonitoring()
        try client.connect(try #require(server.lastEndpoint))
    }

    /// Replaces the client's socket by a new one.
    func connectAgain() throws {
        client.close()
        let context = try #require(context)
        client = try Socket(.dealer, in: context, options: clientOptions)
        clientMonitor = try client.beginMonitoring()
        try client.connect(try #require(server.lastEndpoint))
    }

    /// Serves both sides until the condition holds; at most 10 s.
    func serve(until isDone: (Pair) -> Bool) throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if let authenticator {
                while try authenticator.answer({ request in
                    requests.append(request)
                    return admitted.contains(request.key)
                }) {}
            }
            while let event = try serverMonitor.next() { serverEvents.append(event.kind) }
            while let event = try clientMonitor.next() { clientEvents.append(event.kind) }
            while let message = try server.receiveMessage() { received.append(message) }
            if isDone(self) { return true }
            var poller = Poller()
            if let authenticator { poller.add(authenticator.socket) }
            for socket in [serverMonitor.socket, clientMonitor.socket, server] { poller.add(socket) }
            try poller.wait(upTo: .milliseconds(20))
        }
        return false
    }
}

@Suite struct CurveKeyTests {
    @Test func aPairIsMadeOfTwoKeysOfFortyCharacters() throws {
        let pair = try CurveKeyPair()
        #expect(pair.publicKey.text.utf8.count == 40)
        #expect(pair.secretKey.text.utf8.count == 40)
        #expect(try CurveKeyPair(pair.secretKey) == pair)
        #expect(try CurveKeyPair() != pair)
        #expect(CurveKeyPair.isAvailable)
    }

    @Test func aSecretKeyIsNeverShown() throws {
        let pair = try CurveKeyPair()
        var dump = ""
        Swift.dump(pair, to: &dump)
        for text in ["\(pair)", String(reflecting: pair), dump, "\(SocketSecurity.server(pair.secretKey))"] {
            #expect(!text.contains(pair.secretKey.text))
        }
    }

    @Test(arguments: [
        "", "abc", String(repeating: "~", count: 40), String(repeating: "\u{e9}", count: 20),
        String(repeating: "#", count: 40), String(repeating: "0", count: 39) + " ", String(repeating: "0", count: 41),
    ])
    func whatIsNoKeyIsRefused(text: String) {
        #expect(CurvePublicKey(text) == nil)
        #expect(CurveSecretKey(text) == nil)
    }

    @Test func theKeyOfTheManualHasItsBytes() throws {
        // The example of ZeroMQ RFC 32.
        let bytes: [UInt8] = [
            0xBB, 0x88, 0x47, 0x1D, 0x65, 0xE2, 0x65, 0x9B, 0x30, 0xC5, 0x5A, 0x53, 0x21, 0xCE, 0xBB, 0x5A, 0xAB,
            0x2B, 0x70, 0xA3, 0x98, 0x64, 0x5C, 0x26, 0xDC, 0xA2, 0xB2, 0xFC, 0xB4, 0x3F, 0xC5, 0x18,
        ]
        #expect(CurvePublicKey(bytes: bytes)?.text == "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID")
        #expect(CurvePublicKey(bytes: Array(bytes.dropLast())) == nil)
    }
}

@Suite struct HandshakeTests {
    let server: CurveKeyPair
    let client: CurveKeyPair

    init() throws {
        server = try CurveKeyPair()
        client = try CurveKeyPair()
    }

    @Test func anAdmittedKeyNamesTheSenderOfEachMessage() throws {
        let pair = try Pair(
            server: .server(server.secretKey), client: .client(client, server: server.publicKey),
            admitting: [client.publicKey])
        #expect(try pair.serve { $0.clientEvents.contains(.handshakeSucceeded) })
        for number: UInt8 in 1...3 { #expect(try pair.client.send([[number], [0]])) }
        #expect(try pair.serve { $0.received.count == 3 })
        #expect(pair.received.map { Array($0.parts.dropFirst()) } == [[[1], [0]], [[2], [0]], [[3], [0]]])
        #expect(pair.received.map(\.userID) == Array(repeating: client.publicKey.text, count: 3))
        #expect(pair.requests.map(\.key) == [client.publicKey])
        #expect(pair.requests.map(\.address) == ["127.0.0.1"])
    }

    @Test func anUnlistedKeyIsRefusedAndBothSidesSeeIt() throws {
        let pair = try Pair(server: .server(server.secretKey), client: .client(client, server: server.publicKey))
        let seen = try pair.serve {
            $0.clientEvents.contains(.handshakeFailed(.refused(status: 400)))
                && $0.serverEvents.contains(.handshakeFailed(.refused(status: 400)))
        }
        #expect(seen)
        #expect(try pair.client.send([[1]]) == false)
    }

    @Test func anotherServerKeyIsUndecryptableForTheServer() throws {
        let other = try CurveKeyPair()
        let pair = try Pair(
            server: .server(server.secretKey), client: .client(client, server: other.publicKey),
            admitting: [client.publicKey])
        let seen = try pair.serve {
            $0.serverEvents.contains(.handshakeFailed(.undecryptable))
                && $0.clientEvents.contains(.handshakeFailed(.closed(isSilence: false)))
        }
        #expect(seen)
        #expect(pair.requests == [])
    }

    @Test func aPlainClientIsAMismatchForBothSides() throws {
        let pair = try Pair(server: .server(server.secretKey), client: .none)
        let seen = try pair.serve {
            $0.serverEvents.contains(.handshakeFailed(.mechanismMismatch))
                && $0.clientEvents.contains(.handshakeFailed(.mechanismMismatch))
        }
        #expect(seen)
    }

    @Test func aPlainServerIsAMismatchForBothSides() throws {
        let pair = try Pair(server: .none, client: .client(client, server: server.publicKey))
        let seen = try pair.serve {
            $0.serverEvents.contains(.handshakeFailed(.mechanismMismatch))
                && $0.clientEvents.contains(.handshakeFailed(.mechanismMismatch))
        }
        #expect(seen)
    }

    @Test func withoutAnAuthenticatorAMessageHasNoSender() throws {
        let pair = try Pair(
            server: .server(server.secretKey), client: .client(client, server: server.publicKey),
            withAuthenticator: false)
        #expect(try pair.serve { $0.clientEvents.contains(.handshakeSucceeded) })
        #expect(try pair.client.send([[1]]))
        #expect(try pair.serve { !$0.received.isEmpty })
        #expect(pair.received.map(\.userID) == [nil])
    }

    @Test func anAdmissionThatChangesCountsFromTheNextSocketOn() throws {
        let pair = try Pair(server: .server(server.secretKey), client: .client(client, server: server.publicKey))
        #expect(try pair.serve { $0.clientEvents.contains(.handshakeFailed(.refused(status: 400))) })
        pair.admitted = [client.publicKey]
        try pair.connectAgain()
        #expect(try pair.serve { $0.clientEvents.contains(.handshakeSucceeded) })
    }

    @Test func aMonitorThatNobodyReadsAnyMoreBlocksNoConnection() throws {
        let pair = try Pair(
            server: .server(server.secretKey), client: .client(client, server: server.publicKey),
            admitting: [client.publicKey])
        #expect(try pair.serve { $0.clientEvents.contains(.handshakeSucceeded) })
        for number: UInt8 in 0..<50 {
            let context = try #require(pair.context)
            do {
                var options = SocketOptions()
                options.linger = .zero
                options.security = .client(client, server: server.publicKey)
                let brief = try Socket(.dealer, in: context, options: options)
                _ = try brief.beginMonitoring()
                try brief.connect(try #require(pair.server.lastEndpoint))
            }
            #expect(try pair.client.send([[number]]))
        }
        #expect(try pair.serve { $0.received.count == 50 })
    }

    @Test func aContextHasOneAuthenticator() throws {
        let context = try Context()
        let first = try Authenticator(in: context)
        let error = #expect(throws: ZeroMQError.self) { _ = try Authenticator(in: context) }
        #expect(error?.isAddressInUse == true)
        withExtendedLifetime(first) {}
    }

    @Test func aPeerThatSaysNothingIsClosedInTime() throws {
        let context = try Context()
        var options = SocketOptions()
        options.linger = .zero
        options.handshakeLimit = .milliseconds(200)
        options.security = .client(client, server: server.publicKey)
        let silent = try SilentListener()
        let socket = try Socket(.dealer, in: context, options: options)
        let monitor = try socket.beginMonitoring()
        try socket.connect("tcp://127.0.0.1:\(silent.port)")
        var poller = Poller()
        poller.add(monitor.socket)
        var events: [SocketEvent.Kind] = []
        let deadline = ContinuousClock.now + .seconds(10)
        while !events.contains(.handshakeFailed(.closed(isSilence: true))), ContinuousClock.now < deadline {
            try poller.wait(upTo: .milliseconds(100))
            while let event = try monitor.next() { events.append(event.kind) }
        }
        #expect(events.contains(.handshakeFailed(.closed(isSilence: true))))
    }
}
