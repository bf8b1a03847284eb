import Testing

@testable import Cluster

@Suite struct EndpointReachTests {
    @Test(arguments: [
        "tcp://127.0.0.1:7700", "tcp://127.0.0.1:*", "tcp://127.8.9.255:1", "tcp://localhost:7700",
        "tcp://LOCALHOST:7700",
        "tcp://[::1]:7700", "tcp://::1:7700", "ipc:///run/phasemap", "ipc://*", "inproc://x",
    ])
    func thisHostNeedsNoKeys(endpoint: String) { #expect(EndpointReach(of: endpoint) == .thisHost) }

    @Test(arguments: [
        "tcp://*:7700", "tcp://0.0.0.0:7700", "tcp://[::]:7700", "tcp://10.0.0.1:7700", "tcp://node1:7700",
        "tcp://eth0:*",
        "tcp://127.0.0.1.example.org:1", "tcp://localhost.example.org:1", "tcp://127.0.0.1:0;10.0.0.1:7700",
        "tcp://10.0.0.1:0;127.0.0.1:7700", "tcp://127.1:7700", "tcp://127.0.0.256:1", "tcp://127.0.0.01:1",
        "tcp://127.0.0.:1",
        "tcp://127.0.0.1", "tcp://2130706433:1", "tcp://[::ffff:127.0.0.1]:1", "tcp:// 127.0.0.1:1",
        "udp://127.0.0.1:1",
        "127.0.0.1:7700", "tcp://", "tcp://:1", "",
    ])
    func allElseDoes(endpoint: String) { #expect(EndpointReach(of: endpoint) == .network) }
}
