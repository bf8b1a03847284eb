internal import Glibc
internal import ZeroMQ

/// A slot: a child process of an agent that computes one task at a time.
///
/// It reads orders from a socket pair and writes answers to it. A shared word says which task it computes, results of
/// tiny tasks travel together, and it ends when its agent does.
public enum Slot {
    /// The descriptors under which an agent hands over the socket and the shared word.
    static let socketDescriptor: Int32 = 3
    static let announcementDescriptor: Int32 = 4
    static let agentVariable = "PHASEMAP_AGENT"

    /// Computes what the agent orders until it says stop or is gone: the hidden command `phasemap slot`.
    public static func main(catalog: ExperimentCatalog) -> Never {
        guard let agent = getenv(agentVariable).flatMap({ Int32(String(cString: $0)) }),
            fcntl(socketDescriptor, F_GETFD) >= 0,
            let announcement = Announcement(fileDescriptor: announcementDescriptor)
        else {
            let sentence = "phasemap slot is started by phasemap worker, not by hand\n"
            _ = sentence.withCString { write(2, $0, strlen($0)) }
            exit(2)
        }
        guard endWithParent(signal: SIGKILL, parent: agent) else { exit(0) }
        adoptOrphans()
        printByLine()
        invite(killer: 500)
        // Ctrl-C and a batch system's TERM reach the whole group; the agent decides what becomes of the running task.
        signal(SIGINT, SIG_IGN)
        signal(SIGTERM, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        _ = fcntl(socketDescriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(announcementDescriptor, F_SETFD, FD_CLOEXEC)
        let inbox = SlotInbox(socket: socketDescriptor)
        let outbox = SlotOutbox(socket: socketDescriptor)
        inbox.start(outbox)
        // From here on that thread sees the agent's end by the socket, and takes what tasks have started along. The signal
        // only wakes a slot that was stopped.
        guard endWithParent(signal: SIGCONT, parent: agent) else { end(0) }
        SlotLoop(catalog: catalog, inbox: inbox, outbox: outbox, announcement: announcement).run()
        outbox.flush()
        end(0)
    }

    /// Ends the process with everything that its tasks started, from any thread.
    static func end(_ status: Int32) -> Never {
        // Whatever happens below, this is the end.
        signal(SIGALRM, SIG_DFL)
        alarm(5)
        Orphans.sweepAll()
        fflush(nil)
        _exit(status)
    }

    /// Where the kernel has to kill for want of memory, it shall take a slot and not its agent.
    private static func invite(killer score: Int) {
        let file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        let text = Array(String(score).utf8)
        _ = write(file, text, text.count)
        close(file)
    }
}
