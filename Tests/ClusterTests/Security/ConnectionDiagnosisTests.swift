import Testing
import ZeroMQ

@testable import Cluster

@Suite struct ConnectionDiagnosisTests {
    private func diagnosis(_ events: [SocketEvent.Kind], key: String? = "node1") -> ConnectionDiagnosis {
        var diagnosis = ConnectionDiagnosis(endpoint: "tcp://node0:7700", key: key)
        for event in events { diagnosis.note(event) }
        return diagnosis
    }

    @Test func eachCauseHasItsSentence() {
        let cases: [([SocketEvent.Kind], String?, String)] = [
            (
                [.handshakeFailed(.refused(status: 400))], "node1",
                "refused the key 'node1': it is not in its key directory"
            ),
            (
                [.handshakeFailed(.mechanismMismatch)], "node1",
                "runs without keys, and this client will not talk to it in the clear"
            ),
            ([.handshakeFailed(.mechanismMismatch)], nil, "wants a key; name one with --key NAME"),
            ([.handshakeFailed(.undecryptable)], "node1", "has another key than this file says"),
            ([.handshakeFailed(.malformed(code: 1))], "node1", "is no coordinator of this protocol; check the port"),
        ]
        for (events, key, text) in cases {
            let diagnosis = diagnosis([.connected] + events, key: key)
            #expect(diagnosis.refusal?.contains(text) == true)
            #expect(diagnosis.sentence(afterSilence: .seconds(10)) == diagnosis.refusal)
        }
    }

    @Test func aCoordinatorThatEndsIsNotTakenForOneWithAnotherKey() {
        let closed: [SocketEvent.Kind] = [.connected, .handshakeFailed(.closed(isSilence: false)), .disconnected]
        #expect(diagnosis(closed + closed).refusal == nil)
        #expect(diagnosis(closed + closed + closed).refusal?.contains("(was it replaced?)") == true)
        #expect(diagnosis(closed + closed + closed, key: nil).refusal?.contains("wants a key") == true)
        #expect(diagnosis(closed + closed + [.connected, .handshakeSucceeded] + closed).refusal == nil)
        #expect(
            diagnosis(closed + closed + [.connected, .handshakeFailed(.closed(isSilence: true))] + closed).refusal
                == nil)
    }

    @Test func successForgetsWhatWentBefore() {
        #expect(diagnosis([.handshakeFailed(.refused(status: 400)), .connected, .handshakeSucceeded]).refusal == nil)
    }

    @Test func silenceIsExplainedByHowFarTheConnectionCame() {
        #expect(
            diagnosis([]).sentence(afterSilence: .seconds(10)).hasPrefix(
                "nobody has answered at tcp://node0:7700 for 10 s;"))
        #expect(
            diagnosis([.connected]).sentence(afterSilence: .seconds(10)).hasPrefix(
                "somebody listens at tcp://node0:7700 and has not shaken hands for 10 s;"))
        #expect(
            diagnosis([.connected, .handshakeSucceeded]).sentence(afterSilence: .seconds(10)).hasPrefix(
                "the coordinator at tcp://node0:7700 let this client in and has not answered for 10 s;"))
        #expect(
            diagnosis([.connected, .handshakeSucceeded, .disconnected]).sentence(afterSilence: .seconds(10)).hasPrefix(
                "nobody has answered"))
    }
}

@Suite struct RepeatedNotesTests {
    @Test func theSameSentenceIsSaidOnceAMinute() {
        var notes = RepeatedNotes()
        let said = [("a", 0), ("a", 1), ("b", 2), ("a", 59), ("a", 60)].map { notes.take($0, at: $1) }
        #expect(said == [["a"], [], ["b"], [], ["left out 2 more sentences of this kind in the last 60 s", "a"]])
    }

    @Test func aFloodOfDifferentSentencesIsCut() {
        var notes = RepeatedNotes()
        let lines = (0..<1000).flatMap { notes.take("refused \($0)", at: Double($0) * 0.001) }
        #expect(lines == (0..<RepeatedNotes.limit).map { "refused \($0)" })
        let later = notes.take("later", at: 100)
        #expect(later == ["left out 950 more sentences of this kind in the last 60 s", "later"])
    }
}
