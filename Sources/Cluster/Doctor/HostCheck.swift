internal import Foundation
internal import Journal
internal import Results
internal import ZeroMQ

/// Looks whether this host can coordinate and compute runs.
package enum HostCheck {
    /// The libraries of storage and messages.
    package static func libraries() -> [Finding] {
        let hasCurve = CurveKeyPair.isAvailable
        return [
            Finding(
                hasCurve ? .ok : .warning, "libzmq",
                "\(ZeroMQ.Context.libraryVersion) \(hasCurve ? "with" : "without") CURVE",
                advice: hasCurve ? "" : "connections between hosts need it: install Debian's libzmq3-dev"),
            Finding(.ok, "HDF5", LibraryVersions.hdf5),
            Finding(.ok, "SQLite", SQLiteLibrary.version),
        ]
    }

    /// The clocks: run time must not go back, and the year should be believable; how wrong the time is nobody can tell here.
    package static func clock() -> [Finding] {
        var last = Clock.nanoseconds()
        var goesBack = false
        for _ in 0..<10_000 {
            let now = Clock.nanoseconds()
            goesBack = goesBack || now < last
            last = now
        }
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return [
            goesBack
                ? Finding(
                    .problem, "clock", "the monotonic clock goes back",
                    advice: "choose another clock source of the kernel")
                : Finding(.ok, "clock", "the monotonic clock does not go back"),
            year(ofUnixTime: time.tv_sec),
        ]
    }

    static func year(ofUnixTime seconds: Int) -> Finding {
        let year = 1970 + Int((Double(seconds) / 31_556_952).rounded(.down))
        let isSane = (2025...2100).contains(year)
        return Finding(
            isSane ? .ok : .warning, "wall time", "the year is \(year)",
            advice: isSane ? "" : "set the clock, for example with chronyd: results carry the time for people")
    }

    /// What limits the number of workers.
    package static func limits() -> [Finding] {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let files = Int(clamping: limit.rlim_max)
        // One for each connection; journal, shards, libraries and the standard streams share the rest.
        let workers = max(0, min(files - 100, 1_000_000))
        let sockets = ZeroMQ.Context.socketLimit
        let enough = workers >= 1_000
        return [
            Finding(
                enough ? .ok : .warning, "open files",
                "\(limit.rlim_cur) now, raised to \(files) by coordinators and workers: at most about \(workers) workers",
                advice: enough ? "" : "raise the hard limit (ulimit -Hn, limits.conf, LimitNOFILE of systemd)"),
            // A coordinator needs the same few sockets for any number of workers.
            Finding(
                sockets >= 16 ? .ok : .problem, "ZMQ_MAX_SOCKETS", "\(sockets), of which a coordinator needs about five"
            ),
        ]
    }

    /// Whether somebody can listen at an endpoint, or who does.
    package static func endpoint(_ endpoint: String, key: () throws -> ClientKey?) -> Finding {
        do throws(ClusterError) { try EndpointReach.check(endpoint) } catch {
            return Finding(.problem, "endpoint", error.description)
        }
        guard let obstacle = Reach.obstacle(at: endpoint) else {
            do {
                let status = try StatusClient.ask(endpoint, key: try key(), patience: .seconds(3))
                return Finding(
                    .ok, "endpoint",
                    "a coordinator answers at \(endpoint): sweep '\(status.sweep)', \(status.workers) workers")
            } catch {
                return Finding(
                    .warning, "endpoint", "somebody listens at \(endpoint): \(error)",
                    advice: "a coordinator cannot listen there; choose another port, or give a key of the role control")
            }
        }
        do throws(ClusterError) { try SocketFile.refuseTaken(endpoint) } catch {
            return Finding(.problem, "endpoint", error.description)
        }
        do throws(ZeroMQError) {
            let socket = try Socket(.router, in: try ZeroMQ.Context())
            try socket.bind(endpoint)
            let file = SocketFile(boundAt: endpoint)
            socket.close()
            file?.remove()
            return Finding(.ok, "endpoint", "\(endpoint) is free on this host")
        } catch {
            return Finding(
                .warning, "endpoint",
                "no coordinator answers at \(endpoint) (\(obstacle)), and none can listen there: \(error)",
                advice:
                    "to connect, check host, port, firewall and that the coordinator runs; to listen, name an address of this host"
            )
        }
    }

    /// Whether keys are there, private, and for what.
    package static func keys(_ directory: KeyDirectory) -> Finding {
        guard PrivateFile.exists(directory.path) else {
            return Finding(
                .ok, "keys", "none in '\(directory.path)'",
                advice: "hosts of one network need them: phasemap keys init\(directory.option)")
        }
        do throws(ClusterError) {
            let contents = try directory.contents()
            if let problem = contents.problems.first { return Finding(.warning, "keys", problem) }
            let valid = contents.principals.filter { $0.revoked == nil }
            let roles = Role.allCases.map { role in "\(valid.count { $0.role == role }) \(role.rawValue)" }
            let server = directory.isInitialized ? "a coordinator's key" : "no coordinator's key"
            return Finding(.ok, "keys", "'\(directory.path)' is private: \(server), \(roles.joined(separator: ", "))")
        } catch {
            return Finding(.problem, "keys", error.description)
        }
    }
}
