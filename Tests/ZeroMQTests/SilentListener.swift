import Glibc

/// A TCP port of this host that takes connections and says nothing.
final class SilentListener {
    let port: Int
    private let file: Int32

    init() throws {
        file = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let file = file
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                Glibc.bind(file, pointer, size)
                Glibc.listen(file, 16)
                return getsockname(file, pointer, &size)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { Glibc.close(file) }
}
