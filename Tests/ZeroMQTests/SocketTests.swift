import Testing
import ZeroMQ

/// A ROUTER at a port of the system's choice.
private func router(_ context: Context, _ options: SocketOptions = SocketOptions()) throws -> (Socket, String) {
    let socket = try Socket(.router, in: context, options: options)
    try socket.bind("tcp://127.0.0.1:*")
    return (socket, try #require(socket.lastEndpoint))
}

/// Waits until the socket has a message, at most 10 s.
private func next(_ socket: Socket, limit: Int = 4) throws -> [[UInt8]]? {
    var poller = Poller()
    poller.add(socket)
    try poller.wait(upTo: .seconds(10))
    return try socket.receive(limit: limit)
}

/// Sends as soon as the connection is made, at most 10 s.
private func send(_ parts: [[UInt8]], from socket: Socket) throws {
    for _ in 0..<1000 {
        if try socket.send(parts) { return }
        var pause = Poller()
        try pause.wait(upTo: .milliseconds(10))
    }
    Issue.record("the message could not be sent within 10 s")
}

@Suite struct SocketTests {
    @Test func messagesTravelBothWaysWithAllTheirParts() throws {
        let context = try Context()
        let (router, endpoint) = try router(context)
        let dealer = try Socket(.dealer, in: context)
        try dealer.connect(endpoint)
        try send([[1, 2, 3], [], Array(repeating: 7, count: 100_000)], from: dealer)
        let received = try #require(try next(router))
        #expect(Array(received.dropFirst()) == [[1, 2, 3], [], Array(repeating: 7, count: 100_000)])
        #expect(try router.send([received[0], [9]]))
        #expect(try next(dealer) == [[9]])
        #expect(try dealer.receive() == nil)
    }

    @Test func aWildcardPortIsNamedByTheLastEndpoint() throws {
        let (_, endpoint) = try router(try Context())
        #expect(endpoint.hasPrefix("tcp://127.0.0.1:"))
        #expect(!endpoint.hasSuffix("*"))
    }

    @Test func aBusyPortIsRefusedWithASentence() throws {
        let context = try Context()
        let (first, endpoint) = try router(context)
        let second = try Socket(.router, in: context)
        let error = #expect(throws: ZeroMQError.self) { try second.bind(endpoint) }
        #expect(error?.isAddressInUse == true)
        #expect(
            error?.description
                == "zmq_bind on \(endpoint): another program listens there already; choose another port, or end that program"
        )
        first.close()
    }

    @Test(arguments: [
        ("nonsense", "is not an endpoint"), ("tcp://127.0.0.1:notaport", "is not an endpoint"),
        ("udp9://127.0.0.1:1", "that transport is not known"), ("tcp://203.0.113.7:9", "no such address or interface"),
    ])
    func aBadEndpointIsRefusedWithASentence(endpoint: String, reason: String) throws {
        let socket = try Socket(.router, in: try Context())
        let error = #expect(throws: ZeroMQError.self) { try socket.bind(endpoint) }
        #expect(error?.call == "zmq_bind")
        #expect(error?.endpoint == endpoint)
        #expect(error?.reason.contains(reason) == true)
    }

    @Test func aRouterSaysThatAPeerIsNotConnected() throws {
        let (router, _) = try router(try Context())
        let error = #expect(throws: ZeroMQError.self) { try router.send([[1, 2, 3, 4, 5], [1]]) }
        #expect(error?.isUnreachable == true)
    }

    @Test func aDealerWithoutConnectionQueuesNothing() throws {
        let dealer = try Socket(.dealer, in: try Context())
        try dealer.connect("tcp://127.0.0.1:9")
        #expect(try dealer.send([[1]]) == false)
    }

    @Test func aFullQueueIsSaidAndNeverBlocks() throws {
        let context = try Context()
        var options = SocketOptions()
        options.sendHighWaterMark = 2
        options.receiveHighWaterMark = 2
        options.linger = .zero
        let (router, endpoint) = try router(context, options)
        let dealer = try Socket(.dealer, in: context, options: options)
        try dealer.connect(endpoint)
        try send([[0]], from: dealer)
        let part = [UInt8](repeating: 1, count: 500_000)
        var accepted = 0
        while accepted < 10_000, try dealer.send([part]) { accepted += 1 }
        #expect(accepted < 10_000)
        _ = router
    }

    @Test func aMessageAboveTheLimitNeverArrivesAndTheSocketGoesOnServing() throws {
        let context = try Context()
        var options = SocketOptions()
        options.maximumMessageSize = 1000
        let (router, endpoint) = try router(context, options)
        let loud = try Socket(.dealer, in: context)
        try loud.connect(endpoint)
        try send([[UInt8](repeating: 1, count: 1001)], from: loud)
        let polite = try Socket(.dealer, in: context)
        try polite.connect(endpoint)
        try send([[5]], from: polite)
        #expect(try next(router)?.last == [5])
        #expect(try router.receive() == nil)
    }

    @Test func partsBeyondTheLimitAreDropped() throws {
        let context = try Context()
        let (router, endpoint) = try router(context)
        let dealer = try Socket(.dealer, in: context)
        try dealer.connect(endpoint)
        try send((1...50).map { [$0] }, from: dealer)
        let received = try #require(try next(router, limit: 3))
        #expect(Array(received.dropFirst()) == [[1], [2]])
        #expect(try router.receive() == nil)
    }

    @Test func aClosedSocketIsAnErrorAndNotATrap() throws {
        let socket = try Socket(.dealer, in: try Context())
        socket.close()
        socket.close()
        #expect(throws: ZeroMQError.self) { try socket.send([[1]]) }
        #expect(throws: ZeroMQError.self) { try socket.receive() }
        #expect(throws: ZeroMQError.self) { try socket.connect("tcp://127.0.0.1:9") }
        #expect(socket.lastEndpoint == nil)
    }
}

@Suite struct PollerTests {
    @Test func aWakeUpFromAnotherThreadEndsTheWait() async throws {
        let wakeUp = try WakeUp()
        async let signalled: Void = Task.detached { wakeUp.signal() }.value
        var poller = Poller()
        let place = poller.add(fileDescriptor: wakeUp.fileDescriptor)
        try poller.wait(upTo: .seconds(30))
        #expect(poller.isReadable(place))
        await signalled
        wakeUp.reset()
        try poller.wait(upTo: .zero)
        #expect(!poller.isReadable(place))
    }

    @Test func manySignalsCountAsOne() throws {
        let wakeUp = try WakeUp()
        for _ in 0..<1000 { wakeUp.signal() }
        wakeUp.reset()
        var poller = Poller()
        let place = poller.add(fileDescriptor: wakeUp.fileDescriptor)
        try poller.wait(upTo: .zero)
        #expect(!poller.isReadable(place))
    }
}
