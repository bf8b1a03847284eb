internal import Foundation
internal import Journal
internal import Results

/// Looks whether runs can live in a directory, by doing there what a coordinator does.
package enum DirectoryCheck {
    /// - Parameter path: a run directory, or a place for one; what is missing of it is not made.
    package static func findings(_ path: String) -> [Finding] {
        var place = path
        while !Disk.exists(place), Disk.directory(of: place) != place { place = Disk.directory(of: place) }
        let system = FileSystem(under: place)
        var findings: [Finding] = []
        if place != path {
            findings.append(
                Finding(.ok, "directory", "'\(path)' is not there yet; what follows is about '\(place)'"))
        }
        findings += [
            Finding(
                system?.isNetwork == true ? .warning : .ok, "file system",
                "'\(place)' is on \(system?.name ?? "an unknown file system")", advice: system?.warning ?? "")
        ]
        findings.append(space(place))
        let trial = RunDirectory("\(place)/.phasemap-doctor.\(getpid())")
        defer { try? FileManager.default.removeItem(atPath: trial.path) }
        do throws(StorageError) {
            try Disk.makeDirectory(trial.path + "/old")
            try Disk.makeDirectory(trial.path + "/new")
            try Disk.writeAtomically(Array("phasemap".utf8), to: trial.path + "/old/file")
            findings.append(Finding(.ok, "durability", "writing, syncing and renaming work"))
        } catch {
            findings.append(Finding(.problem, "durability", error.description))
            return findings
        }
        if Foundation.link(trial.path + "/old/file", trial.path + "/old/link") != 0 {
            findings.append(Finding(.ok, "hard links", "none: 'phasemap extend' copies pictures and logs instead"))
        } else {
            findings.append(Finding(.ok, "hard links", "work"))
        }
        do throws(JournalError) {
            try FileSystem.exchange(trial.path + "/old", trial.path + "/new")
            findings.append(Finding(.ok, "exchange", "directories can be exchanged: 'phasemap extend' works in place"))
        } catch {
            findings.append(
                Finding(
                    .warning, "exchange", "directories cannot be exchanged here",
                    advice: "'phasemap extend' needs --into on this file system"))
        }
        return findings
    }

    private static func space(_ place: String) -> Finding {
        var status = statvfs()
        guard statvfs(place, &status) == 0 else {
            return Finding(.warning, "free space", "not known: \(reason(errno))")
        }
        return space(free: Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize)))
    }

    static func space(free bytes: Int) -> Finding {
        let mebibytes = bytes >> 20
        let text = mebibytes < 10_240 ? "\(mebibytes) MiB" : "\(mebibytes >> 10) GiB"
        switch mebibytes {
        case ..<64: return Finding(.problem, "free space", text, advice: "free some: a run could not even begin")
        case ..<1_024: return Finding(.warning, "free space", text, advice: "free some, or choose another disk")
        default: return Finding(.ok, "free space", text)
        }
    }
}
