/// Asks a coordinator how far its run is.
public enum StatusClient {
    /// The status of the run whose coordinator listens at `endpoint`.
    ///
    /// - Parameter key: what the endpoint is asked with; nil for an unencrypted connection.
    /// - Throws: `ClusterError` when nobody answers within `patience`, the key is refused, or the answer is not one.
    package static func ask(
        _ endpoint: String, key: ClientKey? = nil, patience: Duration = .seconds(5)
    ) throws(ClusterError) -> RunStatus {
        let client = CoordinatorClient(endpoint: endpoint, key: key)
        guard case .status(let status) = try client.ask(.status, patience: patience) else {
            throw ClusterError("\(endpoint): \(WireError.unknownMessage)")
        }
        return status
    }
}
