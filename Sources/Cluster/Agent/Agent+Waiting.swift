internal import Foundation
internal import Scheduling

extension Agent {
    /// Says now and then that nobody answers, and what a connection comes to.
    func noteWaiting() {
        // A worker that computes its probe task is not spoken to meanwhile.
        guard !isProbing else { return }
        let silence = now - lastHeard
        guard waitingNotes.isDue(after: silence) else {
            if silence < .seconds(1), waitingNotes.end() {
                options.log("the coordinator at \(options.endpoint) answers")
            }
            return
        }
        if let state = watch?.diagnosis.state { return noteWaiting(because: state) }
        // Resolving a name may take long, and this thread has slots to look after.
        let (events, endpoint) = (events, options.endpoint)
        Thread.detachNewThread {
            events.post(.looked(Reach.obstacle(at: endpoint) ?? "somebody listens there and does not shake hands"))
        }
    }

    func noteWaiting(because state: String) {
        options.log("waiting for the coordinator at \(options.endpoint): \(state)")
    }
}
