internal import ArgumentParser
internal import Cluster

/// Where the keys of this host are, and which of them to connect with.
struct KeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The key directory; else PHASEMAP_KEYS, else ~/.phasemap/keys. Given, keys are used on this host too.",
            valueName: "directory"))
    var keys: String?

    @Option(
        help: ArgumentHelp(
            "The key to connect with: its name or its file; by default the only one for the purpose.",
            valueName: "name"))
    var key: String?

    /// The key for a connection to `endpoint`; nil where none is needed.
    func client(for endpoint: String, role: Role) throws -> ClientKey? {
        try Security.client(for: endpoint, key: key, keys: keys.map { KeyDirectory($0) }, role: role)
    }
}
