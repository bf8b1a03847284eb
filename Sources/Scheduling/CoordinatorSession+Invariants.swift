internal import OrderedCollections
internal import SweepGrid

extension CoordinatorSession {
    /// Everything in which the session contradicts itself; for tests and simulations.
    package func violations() -> [String] {
        var found: [String] = []
        let pending = uploads.values.reduce(0) { $0 + $1.pendingBytes }
        if pending != pendingBytes {
            found.append("\(pendingBytes) bytes are counted as pending, there are \(pending)")
        }
        if pendingBytes > policy.uploadWindow { found.append("\(pendingBytes) bytes exceed the window") }
        for worker in peers.keys where !scheduler.isMember(worker) { found.append("\(worker) is no member") }
        for (digest, upload) in uploads where !upload.isComplete && peers[upload.worker] == nil {
            found.append("file \(digest) is fetched from \(upload.worker), which is gone")
        }
        return found
    }
}
