import Foundation
import Testing

@testable import Cluster

/// A key directory in a temporary directory of its own, which goes with it.
final class KeyFixture {
    let parent: String
    let keys: KeyDirectory

    init(initialized: Bool = true) throws {
        parent = NSTemporaryDirectory() + "phasemap-keys-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        keys = KeyDirectory(parent + "/keys")
        if initialized { _ = try keys.initialize() }
    }

    deinit { try? FileManager.default.removeItem(atPath: parent) }

    /// Makes a key and hands it out.
    func client(_ name: String, role: Role = .worker) throws -> ClientKey {
        _ = try keys.add(name, role: role)
        return try #require(try Security.client(for: "tcp://10.0.0.1:7700", key: name, keys: keys, role: role))
    }

    /// The permission bits of a file or directory.
    func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    func setMode(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: keys.file(name), encoding: .utf8) }

    func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: keys.file(name)))
        try setMode(0o600, keys.file(name))
    }
}
