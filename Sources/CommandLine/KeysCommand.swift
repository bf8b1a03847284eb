internal import ArgumentParser
internal import Cluster

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Makes, lists and revokes the keys that workers and operators connect with.",
        discussion: """
            A coordinator that other hosts can reach talks over encrypted connections, and only with the keys in its key \
            directory. Run this on the coordinator's host. docs/security.md tells what is protected.

            EXAMPLES
              phasemap keys init
              phasemap keys add node1 --role worker
              phasemap keys add me --role control
              phasemap keys list
              phasemap keys revoke node1
            """,
        subcommands: [Initialize.self, Add.self, List.self, Revoke.self])

    struct Directory: ParsableArguments {
        @Option(
            name: .customLong("keys"),
            help: ArgumentHelp(
                "The key directory; else PHASEMAP_KEYS, else ~/.phasemap/keys.", valueName: "directory"))
        var path: String?

        var directory: KeyDirectory { path.map { KeyDirectory($0) } ?? .standard }
    }

    struct Initialize: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Makes the key directory and the coordinator's key.")

        @OptionGroup var keys: Directory

        @Flag(help: "Draw a new key for the coordinator; key files must then be copied to their hosts again.")
        var replace = false

        func run() throws {
            try printing { () throws(ClusterError) in try keys.directory.initialize(replacing: replace) }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key; a running coordinator admits it at once.")

        @Argument(help: "What the key is called, for example after its host.")
        var name: String

        @Option(help: "What it may do: worker (compute tasks) or control (status, cancel, drain).")
        var role: Role

        @OptionGroup var keys: Directory

        func run() throws { try printing { () throws(ClusterError) in try keys.directory.add(name, role: role) } }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the keys; secret halves are never shown.")

        @OptionGroup var keys: Directory

        func run() throws { try printing { () throws(ClusterError) in try keys.directory.list() } }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a key's rights away for ever, at once, also on connections that exist.")

        @Argument(help: "The key, see 'phasemap keys list'.")
        var name: String

        @OptionGroup var keys: Directory

        func run() throws { try printing { () throws(ClusterError) in try keys.directory.revoke(name) } }
    }
}

extension Role: ExpressibleByArgument {}

private func printing(_ operation: () throws(ClusterError) -> String) throws {
    print(try operation())
}
